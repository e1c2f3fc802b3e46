import { type Locator, type Page } from 'playwright-core';
import { address } from '../browser';

const patience = 30_000;

/** What every page of the product has in common. */
export abstract class Screen {
  protected abstract readonly path: string;

  constructor(protected readonly page: Page) {}

  /** Opens the page and waits until it shows data. */
  async open(): Promise<void> {
    await this.page.goto(address(this.path));
    await this.ready();
    await this.page.waitForLoadState('networkidle');
  }

  heading(): Locator {
    return this.page.getByRole('heading', { level: 1 });
  }

  /** The error alerts that the page shows. */
  async alerts(): Promise<string[]> {
    return this.page.getByTestId('data-testid Alert error').allInnerTexts();
  }

  /** True when the page is not wider than the window. */
  async fits(): Promise<boolean> {
    return this.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
  }

  protected abstract ready(): Promise<void>;

  protected async visible(locator: Locator): Promise<void> {
    await locator.first().waitFor({ state: 'visible', timeout: patience });
  }

  /** Waits until every chart in the area has drawn its axes. */
  protected async drawn(charts: number): Promise<void> {
    await this.page.waitForFunction((wanted) => document.querySelectorAll('.uplot canvas').length >= wanted, charts, {
      timeout: patience,
    });
  }
}
