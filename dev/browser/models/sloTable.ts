import { type Locator } from 'playwright-core';

/** The table of SLOs, wherever it stands. */
export class SloTable {
  constructor(private readonly root: Locator) {}

  rows(): Locator {
    return this.root.locator('tr[data-slo]');
  }

  row(id: string): Locator {
    return this.root.locator(`tr[data-slo="${id}"]`);
  }

  /** A column's text of every row, by SLO id. */
  async column(name: string): Promise<Map<string, string>> {
    const headers = await this.root.getByRole('columnheader').allInnerTexts();
    const at = headers.findIndex((header) => header.trim().toLowerCase() === name.toLowerCase());
    if (at < 0) {
      throw new Error(`the table has no column "${name}", only ${headers.join(', ')}`);
    }
    const cells = await this.rows().evaluateAll(
      (rows, index) =>
        rows.map((row): [string, string] => [
          row.getAttribute('data-slo') ?? '',
          row.children[index]?.textContent ?? '',
        ]),
      at
    );
    return new Map(cells);
  }
}
