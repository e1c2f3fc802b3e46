import { css } from '@emotion/css';
import { createTheme, type EventBus, type GrafanaTheme2, ThemeContext } from '@grafana/data';
import { config, locationService, LocationServiceProvider } from '@grafana/runtime';
import { ErrorBoundaryAlert, GlobalStyles, ModalRoot, ModalsProvider, PortalContainer, useStyles2 } from '@grafana/ui';
import { Suspense, useEffect } from 'react';
import { Router } from 'react-router-dom';
import { CompatRouter, Route, Routes } from 'react-router-dom-v5-compat';
import { Header } from './chrome/Header';
import { Loading } from './chrome/Loading';
import { Page } from './chrome/Page';
import { Toasts } from './chrome/Toasts';
import { AppConfigPage } from './pages/AppConfigPage';
import { AppPage } from './pages/AppPage';
import { DashboardPage } from './pages/DashboardPage';
import { DataSourcePage } from './pages/DataSourcePage';
import { ExplorePage } from './pages/ExplorePage';
import { HomePage } from './pages/HomePage';
import type { HostTemplateSrv } from './services/templateSrv';

interface Props {
  events: EventBus;
  templates: HostTemplateSrv;
}

const theme = createTheme({ colors: { mode: config.bootData.user.theme === 'light' ? 'light' : 'dark' } });

export function Shell({ events, templates }: Props) {
  useEffect(() => {
    document.body.classList.add(theme.isLight ? 'theme-light' : 'theme-dark');
  }, []);
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <LocationServiceProvider service={locationService}>
        <Router history={locationService.getHistory()}>
          <CompatRouter>
            <ModalsProvider>
              <Frame templates={templates} />
              <Toasts events={events} />
              <ModalRoot />
            </ModalsProvider>
          </CompatRouter>
        </Router>
      </LocationServiceProvider>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

function Frame({ templates }: Pick<Props, 'templates'>) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#pageContent">
        Skip to main content
      </a>
      <Header />
      <main id="pageContent" className={styles.main} tabIndex={-1}>
        <ErrorBoundaryAlert title="This page failed">
          <Suspense fallback={<Loading />}>
            <Routes>
              <Route path="/" element={<HomePage />} />
              <Route path="/a/:pluginId/*" element={<AppPage />} />
              <Route path="/plugins/:pluginId" element={<AppConfigPage />} />
              <Route path="/connections/datasources/edit/:uid" element={<DataSourcePage />} />
              <Route path="/explore" element={<ExplorePage />} />
              <Route path="/d/:uid" element={<DashboardPage templates={templates} />} />
              <Route path="/d/:uid/:slug" element={<DashboardPage templates={templates} />} />
              <Route path="*" element={<Page title="Page not found">There is nothing at this address.</Page>} />
            </Routes>
          </Suspense>
        </ErrorBoundaryAlert>
      </main>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  frame: css({
    display: 'flex',
    flexDirection: 'column',
    minHeight: '100vh',
    background: theme.colors.background.canvas,
  }),
  main: css({
    flex: 1,
    minWidth: 0,
    padding: theme.spacing(2),
    [theme.breakpoints.down('sm')]: { padding: theme.spacing(1) },
    '&:focus': { outline: 'none' },
  }),
  skip: css({
    position: 'absolute',
    left: -10000,
    '&:focus': { left: theme.spacing(1), top: theme.spacing(1), zIndex: theme.zIndex.tooltip },
  }),
});
