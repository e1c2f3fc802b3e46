import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { Faults } from './faults';

export interface View {
  theme: 'light' | 'dark';
  width: number;
}

const base = process.env.BURNLINE_URL;
const screenshots = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../out/screenshots');
const height = 1400;

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page of the running product, with everything that went wrong on it. */
export interface Opened {
  page: Page;
  faults: Faults;
  screenshot: (name: string) => Promise<void>;
}

/** One browser for a file of tests. Pages are closed with it. */
export function browserForFile() {
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  beforeAll(async () => {
    address('/');
    await mkdir(screenshots, { recursive: true });
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args: flags });
  });
  afterAll(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    await browser.close();
  });
  return async ({ theme, width }: View): Promise<Opened> => {
    const context = await browser.newContext({
      viewport: { width, height },
      reducedMotion: 'reduce',
      colorScheme: theme,
    });
    contexts.push(context);
    await context.addInitScript((name) => window.sessionStorage.setItem('theme', name), theme);
    const page = await context.newPage();
    const screenshot = async (name: string) => {
      await page.screenshot({ path: path.join(screenshots, `${name}-${theme}-${width}.png`) });
    };
    return { page, faults: new Faults(page), screenshot };
  };
}

/** The address of a path on the running product. */
export function address(target: string): string {
  if (!base) {
    throw new Error('BURNLINE_URL is not set: start the demo and name its address, or run `go tool mage test`.');
  }
  return new URL(target, base).toString();
}

/** Asks the product's API. */
export async function api<T>(target: string, body?: unknown): Promise<T> {
  const init =
    body === undefined
      ? undefined
      : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(address(target), init);
  if (!response.ok) {
    throw new Error(`${target} answered ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as T;
}
