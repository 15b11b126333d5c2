/** The inspector's page, opened in Chromium. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

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
