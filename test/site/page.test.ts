// The built site in a real browser. Waits are for what has to come.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { pages } from '../../scripts/site/pages.ts';
import type { Served } from '../../scripts/site/serve.ts';
import { serve } from '../../scripts/site/serve.ts';
import { hasChromium, startChromium } from '../../tools/chromium.ts';
import { base, folder } from './built.ts';
import { faintTexts } from './faint-texts.ts';

let browser: Browser;
let site: Served;
beforeAll(async () => {
  if (!hasChromium) return;
  browser = await startChromium();
  site = await serve(folder, base);
});
afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

interface Opened {
  readonly page: Page;
  /** What went wrong: errors in the page, and whatever it asked of anyone else. */
  readonly problems: readonly string[];
  goTo(path: string): Promise<void>;
}

async function open(path: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(site.url) && !url.startsWith('data:')) problems.push(`It asked ${url}`);
  });
  const goTo = async (to: string): Promise<void> => {
    await page.goto(site.url + to);
  };
  await goTo(path);
  return { page, problems, goTo };
}

/** Waits until the page's program runs: before that, keys and clicks have no effect. */
async function alive(page: Page): Promise<void> {
  await page.waitForFunction(`document.querySelector('#app').__vue_app__ !== undefined`);
}

/** A page of each kind: prose, tables, long code, a diagram, pictures. */
const samples = [
  '',
  'documents.html',
  'guide/tracing.html',
  'reference/calls.html',
  'reference/options.html',
  'api/index.api.html',
  'architecture.html',
  'internals/performance.html',
  'decisions/',
];

describe.skipIf(!hasChromium)('the site in Chromium', () => {
  test.each([
    ['journal', /\bjournal\b/],
    ['redact', /\bredact\b/],
    ['PrefactorQueueFullError', /\bPrefactorQueueFullError\b/],
  ])('the search finds "%s", and its first hit leads to it', async (words, expected) => {
    const { page, problems } = await open('guide/which-way-in.html');
    await alive(page);
    await page.keyboard.press('Control+k');
    await page.locator('#localsearch-input').fill(words);
    await page.locator('#localsearch-list .result').first().waitFor();
    const before = page.url();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => String(url) !== before);
    await expect.poll(() => page.locator('main').innerText()).toMatch(expected);
    expect(problems).toEqual([]);
  });

  test('the search shows what is for users before what is inside', async () => {
    const { page } = await open('');
    await alive(page);
    await page.keyboard.press('Control+k');
    await page.locator('#localsearch-input').fill('redact');
    const hit = page.locator('#localsearch-list .result').first();
    await hit.waitFor();
    expect(await hit.getAttribute('href')).toMatch(/\/(guide|reference)\//);
  });

  test.each(['light', 'dark'] as const)(
    'in %s, each text stands out from its background',
    async (colorScheme) => {
      const { page, problems, goTo } = await open('', { colorScheme });
      for (const sample of samples) {
        await goTo(sample);
        expect(await page.evaluate(faintTexts), sample).toEqual([]);
      }
      expect(problems).toEqual([]);
    },
  );

  test('the page and its pictures follow the scheme of the system, and the switch', async () => {
    const { page } = await open('', { colorScheme: 'dark' });
    await alive(page);
    const scheme = () => page.evaluate(`getComputedStyle(document.documentElement).colorScheme`);
    expect(await scheme()).toBe('dark');
    await page.locator('.VPNavBarAppearance button').click();
    expect(await scheme()).toBe('light');
  });

  test('at 360 pixels no page is wider than the screen', async () => {
    // Without their programs, all pages take no longer than a few do with them.
    const settings = { viewport: { width: 360, height: 740 }, javaScriptEnabled: false };
    const { page, problems, goTo } = await open('', settings);
    const wide: string[] = [];
    for (const place of pages.values()) {
      await goTo(place.replace(/md$/, 'html'));
      if ((await page.evaluate('document.documentElement.scrollWidth')) !== 360) wide.push(place);
    }
    expect(wide).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('at 360 pixels the menu leads to each group of documents', async () => {
    const { page } = await open('guide/tracing.html', { viewport: { width: 360, height: 740 } });
    await alive(page);
    await page.locator('.VPLocalNav .menu').click();
    await page.getByRole('link', { name: 'Failures', exact: true }).click();
    await page.waitForURL(/guide\/failures/);
  });
});
