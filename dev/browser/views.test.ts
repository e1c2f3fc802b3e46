import { describe, expect, it } from 'vitest';
import { browserForFile, type View } from './browser';
import { type Screen } from './models/screen';
import {
  AlertsScreen,
  ConfigurationScreen,
  DataSourceScreen,
  DetailAlertsScreen,
  DetailScreen,
  ExploreScreen,
  HomeScreen,
  PortfolioDashboard,
  PortfolioScreen,
  SLODashboard,
} from './models/screens';

const slo = 'checkout-availability';

const screens: Record<string, (page: ConstructorParameters<typeof Screen>[0]) => Screen> = {
  home: (page) => new HomeScreen(page),
  portfolio: (page) => new PortfolioScreen(page),
  detail: (page) => new DetailScreen(page, slo),
  'detail-alerts': (page) => new DetailAlertsScreen(page, slo),
  'alerts-rules': (page) => new AlertsScreen(page, 'rules'),
  'alerts-noise': (page) => new AlertsScreen(page, 'noise'),
  'alerts-settings': (page) => new AlertsScreen(page, 'settings'),
  'alerts-policies': (page) => new AlertsScreen(page, 'policies'),
  'alerts-incidents': (page) => new AlertsScreen(page, 'incidents'),
  configuration: (page) => new ConfigurationScreen(page),
  'dashboard-portfolio': (page) => new PortfolioDashboard(page),
  'dashboard-slo': (page) => new SLODashboard(page, slo),
  'data-source': (page) => new DataSourceScreen(page),
  explore: (page) => new ExploreScreen(page),
};

const views: Record<string, View> = {
  'dark and wide': { theme: 'dark', width: 1440 },
  'light and wide': { theme: 'light', width: 1440 },
  'dark and narrow': { theme: 'dark', width: 390 },
};

const open = browserForFile();

describe.each(Object.entries(views))('%s', (_, view) => {
  it.each(Object.entries(screens))('%s shows itself without a fault', async (name, make) => {
    const { page, faults, screenshot } = await open(view);
    const screen = make(page);
    await screen.open();
    await screenshot(name);
    expect(await screen.heading().count(), 'first-level headings').toBe(1);
    expect(await screen.alerts()).toEqual([]);
    expect(await faults.accessibility()).toEqual([]);
    expect(await screen.fits(), 'the page is as wide as the window').toBe(true);
    expect(faults.seen).toEqual([]);
    await page.close();
  });
});
