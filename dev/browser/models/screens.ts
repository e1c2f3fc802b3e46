import { type Locator } from 'playwright-core';
import { Screen } from './screen';
import { SloTable } from './sloTable';

const app = '/a/burnline-slo-app';

/** The app's list of all SLOs. */
export class PortfolioScreen extends Screen {
  protected readonly path = app;

  table(): SloTable {
    return new SloTable(this.page.getByRole('table', { name: 'SLOs' }).first());
  }

  async openSLO(id: string): Promise<void> {
    await this.table().row(id).getByRole('rowheader').getByRole('link').click();
  }

  protected async ready() {
    await this.visible(this.table().rows());
  }
}

/** One SLO with its budget, burn rates and definition. */
export class DetailScreen extends Screen {
  protected readonly path: string;

  constructor(page: ConstructorParameters<typeof Screen>[0], id: string) {
    super(page);
    this.path = `${app}/slos/${encodeURIComponent(id)}`;
  }

  /** The remaining budget as the page writes it. */
  remaining(): Locator {
    return this.page.getByText(/^[-−]?[\d.,]+\s?%$/).first();
  }

  protected async ready() {
    await this.visible(this.page.getByRole('heading', { name: 'Error budget' }));
    await this.visible(this.remaining());
    await this.drawn(4);
  }
}

/** The alerts of one SLO. */
export class DetailAlertsScreen extends Screen {
  protected readonly path: string;

  constructor(page: ConstructorParameters<typeof Screen>[0], id: string) {
    super(page);
    this.path = `${app}/slos/${encodeURIComponent(id)}?tab=alerts`;
  }

  protected async ready() {
    await this.visible(this.page.getByRole('table', { name: 'Alert rules' }));
    await this.visible(this.page.getByRole('table', { name: 'Policies compared' }));
    await this.drawn(1);
  }
}

/** What a tab of the organisation's alerts shows when it is complete. */
const alertTabs = {
  rules: { role: 'heading', name: 'Differences' },
  noise: { role: 'table', name: 'Alerts by week' },
  settings: { role: 'button', name: 'Save' },
  policies: { role: 'table', name: 'Rows of SRE workbook' },
  incidents: { role: 'table', name: 'Labelled incidents' },
} as const;

/** A tab of the organisation's alerts. */
export class AlertsScreen extends Screen {
  protected readonly path: string;

  constructor(
    page: ConstructorParameters<typeof Screen>[0],
    private readonly tab: keyof typeof alertTabs
  ) {
    super(page);
    this.path = `${app}/alerts?tab=${tab}`;
  }

  protected async ready() {
    const { role, name } = alertTabs[this.tab];
    await this.visible(this.page.getByRole(role, { name, exact: true }));
  }
}

/** The app's settings and what it lacks to work. */
export class ConfigurationScreen extends Screen {
  protected readonly path = '/plugins/burnline-slo-app';

  protected async ready() {
    await this.visible(this.heading());
  }
}

/** A bundled dashboard. */
abstract class DashboardScreen extends Screen {
  panel(title: string): Locator {
    return this.page.getByRole('region', { name: title, exact: true });
  }
}

/** The dashboard of all SLOs. */
export class PortfolioDashboard extends DashboardScreen {
  protected readonly path = '/d/burnline-portfolio';

  table(): SloTable {
    return new SloTable(this.panel('SLOs').getByRole('table'));
  }

  protected async ready() {
    await this.visible(this.table().rows());
    await this.visible(this.panel('Smallest budgets').getByRole('row'));
  }
}

/** The dashboard of one SLO. */
export class SLODashboard extends DashboardScreen {
  protected readonly path: string;

  constructor(page: ConstructorParameters<typeof Screen>[0], id: string) {
    super(page);
    this.path = `/d/burnline-slo?var-slo=${encodeURIComponent(id)}`;
  }

  /** The number that a stat panel shows. */
  async stat(title: string): Promise<string> {
    return this.panel(title).locator('[data-testid="data-testid panel content"]').innerText();
  }

  protected async ready() {
    await this.visible(this.panel('Budget left').getByText('%'));
    // On a narrow screen some panels have room for their numbers only.
    await this.drawn(2);
  }
}

/** The Burnline data source's settings. */
export class DataSourceScreen extends Screen {
  protected readonly path = '/connections/datasources/edit/burnline-slo';

  /** Runs the health check and gives what it says. */
  async test(): Promise<string> {
    await this.page.getByRole('button', { name: /^(Test|Save & test)$/ }).click();
    const result = this.page
      .locator('[data-testid^="data-testid Alert success"], [data-testid^="data-testid Alert error"]')
      .last();
    await this.visible(result);
    return result.innerText();
  }

  protected async ready() {
    await this.visible(this.page.getByRole('button', { name: /^(Test|Save & test)$/ }));
  }
}

/** A query of the Burnline data source with its editor and its frames. */
export class ExploreScreen extends Screen {
  protected readonly path = '/explore?ds=burnline-slo&from=now-24h&to=now';

  async show(kind: string): Promise<void> {
    await this.page.getByRole('combobox', { name: 'Show' }).click();
    await this.page
      .getByRole('option', { name: new RegExp(`^${kind}`) })
      .first()
      .click();
  }

  result(): Locator {
    return this.page.getByRole('region', { name: 'Query result' });
  }

  async charted(): Promise<void> {
    await this.drawn(1);
  }

  protected async ready() {
    await this.visible(this.result().getByRole('row'));
  }
}

/** The list of everything that can be opened. */
export class HomeScreen extends Screen {
  protected readonly path = '/';

  protected async ready() {
    await this.visible(this.page.getByRole('region', { name: 'Dashboards' }).getByRole('link'));
  }
}
