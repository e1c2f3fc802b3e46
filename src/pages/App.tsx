import { Route, Routes } from 'react-router';
import { AlertsPage } from './alerts/AlertsPage';
import { DetailPage } from './detail/DetailPage';
import { NotFoundPage } from './NotFoundPage';
import { PortfolioPage } from './portfolio/PortfolioPage';

/** The app's pages, below /a/burnline-slo-app. */
export default function App() {
  return (
    <Routes>
      <Route index element={<PortfolioPage />} />
      <Route path="alerts" element={<AlertsPage />} />
      {/* A splat and not a parameter: ids of SLOs with several objectives hold a slash. */}
      <Route path="slos/*" element={<DetailPage />} />
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
