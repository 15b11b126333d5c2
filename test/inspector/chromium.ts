/** Chromium, where it is installed; tests that need it are skipped elsewhere. */
import { existsSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

export const hasChromium: boolean = existsSync(executablePath);

export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface OpenPage {
  readonly page: Page;
  /** What went wrong in the page: errors, and whatever its Content-Security-Policy has refused. */
  readonly problems: readonly string[];
}

/** Opens the page, and waits until it is live. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() !== 'info') problems.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) problems.push(`It asked ${request.url()}`);
  });
  await page.goto(url);
  await page.waitForSelector('#link[data-state=live]');
  await page.waitForSelector('#books dd');
  return { page, problems };
}
