import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AxeResults } from 'axe-core';
import { type Page } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Faults of @grafana/ui's own components, which no plugin can mend: a rule and the elements that it may complain of. */
const known = [
  // The chart legend's buttons are named by what a click does, not by the series that they show.
  { rule: 'label-content-name-mismatch', element: /LegendLabel/ },
];

/** Everything that must not happen on a page: exceptions, console errors, and answers of 400 and above. */
export class Faults {
  readonly seen: string[] = [];

  constructor(private readonly page: Page) {
    page.on('pageerror', (error) => this.seen.push(`exception: ${error.message}`));
    page.on('crash', () => this.seen.push('the page crashed'));
    page.on('console', (message) => {
      if (message.type() === 'error') {
        this.seen.push(`console: ${message.text()}`);
      }
    });
    page.on('response', (response) => {
      if (response.status() >= 400) {
        this.seen.push(`${response.status()}: ${response.request().method()} ${response.url()}`);
      }
    });
    page.on('requestfailed', (request) => {
      // A page that is left, or a newer query, cancels what it no longer needs.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') {
        this.seen.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`);
      }
    });
  }

  /** What axe-core finds on the page as it is now, a line a kind. */
  async accessibility(): Promise<string[]> {
    await this.page.evaluate(axeSource);
    const results = await this.page.evaluate(() =>
      (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run()
    );
    return results.violations.flatMap(({ id, help, nodes }) => {
      const left = nodes.filter(({ html }) => !known.some(({ rule, element }) => rule === id && element.test(html)));
      return left.length > 0 ? [`${id}: ${help}: ${left.map(({ html }) => html.slice(0, 200)).join(' | ')}`] : [];
    });
  }
}
