// The page in a real browser, with a client and a server of its own. Waits are for what has to come.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { AutobatchOptions } from '../../src/index.ts';
import { AutobatchClient } from '../../src/index.ts';
import type { InspectorOptions } from '../../src/inspector/index.ts';
import { createInspector } from '../../src/inspector/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { hasChromium, startChromium } from '../../tools/chromium.ts';
import { keyOf } from '../helpers/spans.ts';
import type { OpenPage } from './open-page.ts';
import { openPage } from './open-page.ts';

let browser: Browser;
beforeAll(async () => {
  if (hasChromium) browser = await startChromium();
});
afterAll(() => browser?.close());

interface Scene {
  readonly client: AutobatchClient;
  readonly emulator: Emulator;
  readonly url: string;
  /** Creates spans of one tick, whose keys are `keyOf` of these names. */
  spans(...names: readonly string[]): Promise<unknown>;
  open(options?: Parameters<typeof openPage>[2]): Promise<OpenPage>;
}

async function scene(
  options: InspectorOptions = {},
  clientOptions: AutobatchOptions = {},
): Promise<Scene> {
  const emulator = new Emulator();
  const client = new AutobatchClient({
    apiToken: 'test-token',
    fetch: emulator.fetch,
    logger: false,
    ...clientOptions,
  });
  const inspector = createInspector(client, options);
  const { url } = await inspector.listen();
  const run = await client.agentInstances.register({});
  onTestFinished(async () => {
    await inspector.close();
    await client.close({ timeoutMs: 0 });
  });
  const create = (name: string) =>
    client.agentSpans.create({
      agentInstanceId: run,
      schemaName: 'agent:tool',
      status: 'complete',
      idempotencyKey: keyOf(name),
    });
  return {
    client,
    emulator,
    url,
    spans: (...names) => Promise.allSettled(names.map(create)),
    async open(settings) {
      const opened = await openPage(browser, url, settings);
      onTestFinished(() => opened.page.context().close());
      return opened;
    },
  };
}

/** The ledger as the page shows it. */
function shownBooks(page: Page): Promise<unknown> {
  return page.evaluate(
    `Object.fromEntries([...document.querySelectorAll('#books dd')].map((one) => [one.dataset.name, Number(one.textContent.replaceAll(',', ''))]))`,
  );
}

function lane(number: number): string {
  return `.lane[data-number="${number}"]`;
}

describe.skipIf(!hasChromium)('the page', () => {
  test('shows the ledger, and each request by the outcomes of its items', async () => {
    const { client, emulator, spans, open } = await scene();
    const { page, problems } = await open();
    emulator.faults.refuse(keyOf('c'));
    await spans('a', 'b', 'c', 'd', 'e');
    await spans('f');
    await client.flush();
    await page.waitForSelector(`${lane(4)} .succeeded`);
    await page.waitForSelector('#books [data-name=succeeded][data-count="6"]');
    expect(await shownBooks(page)).toEqual(client.stats().ledger);
    const labels = await page
      .locator(`${lane(2)} [data-part]`)
      .evaluateAll((parts) => parts.map((part) => part.getAttribute('aria-label')));
    expect(labels).toEqual([
      'Request 2, 5 items: 2 succeeded',
      'Request 2, 5 items: 1 failed',
      'Request 2, 5 items: 2 skipped',
    ]);
    expect(await page.locator('#arrows [data-from="2"][data-to="3"]').count()).toBe(1);
    expect(await page.locator(`${lane(3)} [data-part]`).getAttribute('aria-label')).toBe(
      'Request 3, 2 items, 2 from request 2: 2 succeeded',
    );
    expect(problems).toEqual([]);
  });

  test('leads from an item that failed to its words, by the mouse', async () => {
    const { emulator, spans, open } = await scene();
    const { page } = await open();
    emulator.faults.refuse(keyOf('b'), {
      code: 'validation_errors',
      message: 'The name is too long',
    });
    await spans('a', 'b', 'c');
    await page.click(`${lane(2)} .part.failed`);
    const words = await page.locator('dialog[open]').textContent();
    for (const part of [
      '1 failed, item 2',
      'PrefactorValidationError',
      'The name is too long',
      keyOf('b'),
      'agent_spans/create',
      '1 item went on in request 3',
    ]) {
      expect(words).toContain(part);
    }
    await page.click('dialog .link');
    expect(await page.textContent('#details-title')).toBe('Request 3');
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    await page.click('.failure');
    expect(await page.textContent('dialog[open] h3')).toBe('PrefactorValidationError');
  });

  test('leads there by the keyboard alone', async () => {
    const { emulator, spans, open } = await scene();
    const { page } = await open();
    emulator.faults.refuse(keyOf('b'));
    await spans('a', 'b', 'c');
    await page.waitForSelector(`${lane(3)} .succeeded`);
    const focused = (): Promise<unknown> =>
      page.evaluate('document.activeElement.getAttribute("aria-label")');
    for (let tabs = 0; tabs < 4 && !String(await focused()).startsWith('Request'); tabs++) {
      await page.keyboard.press('Tab');
    }
    expect(await focused()).toMatch(/^Request 3/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('Request 2, 3 items: 1 failed');
    // While somebody is in the list, it stands still.
    await spans('d');
    await page.locator('#held', { hasText: /^held; 1 newer$/ }).waitFor();
    await page.keyboard.press('Enter');
    expect(await page.textContent('dialog[open] h3')).toBe('PrefactorValidationError');
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('Request 2, 3 items: 1 failed');
    await page.keyboard.press('Escape');
    await page.waitForSelector(lane(4));
  });

  test('shows what a server says as text, whatever it is', async () => {
    const { emulator, spans, open } = await scene({ title: '<b>title</b>' });
    const { page, problems } = await open();
    const message = '<img src=x onerror=document.title=1><script>document.title=1</script>';
    emulator.faults.refuse(keyOf('a'), { code: 'validation_errors', message });
    await spans('a');
    await page.click(`${lane(2)} .part.failed`);
    expect(await page.textContent('dialog .message')).toContain(message);
    expect(await page.locator('img, main script, dialog script, h1 b').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('never sees the token', async () => {
    const emulator = new Emulator({ token: 'a-secret-token-of-mine' });
    const client = new AutobatchClient({
      apiToken: 'a-secret-token-of-mine',
      fetch: emulator.fetch,
      logger: false,
    });
    const inspector = createInspector(client, { always: true });
    const { url } = await inspector.listen();
    emulator.faults.next({
      kind: 'status',
      status: 400,
      body: 'bad a-secret-token-of-mine',
    } as never);
    await client.agentInstances.register({}).catch(() => {});
    const { page } = await openPage(browser, url);
    await page.waitForSelector('.failure');
    await page.click('.failure');
    expect(await page.content()).not.toContain('a-secret-token');
    await page.context().close();
    await inspector.close();
    await client.close();
  });

  test.each(['light', 'dark'] as const)('has enough contrast in %s', async (colorScheme) => {
    const { emulator, spans, open } = await scene();
    const { page } = await open({ colorScheme });
    emulator.faults.refuse(keyOf('b'));
    emulator.faults.next({ kind: 'status', status: 503 });
    await spans('a', 'b', 'c');
    await page.waitForSelector('.failure');
    const low = [await page.evaluate(textsOfLowContrast)];
    await page.click('.failure');
    low.push(await page.evaluate(textsOfLowContrast));
    expect(low).toEqual([[], []]);
  });

  test('moves nothing where that is not wanted', async () => {
    const { emulator, spans, open } = await scene();
    const moving = `document.getAnimations().length`;
    emulator.faults.next({ kind: 'delay', delayMs: 60_000 } as never);
    const [still, other] = [
      await open({ reducedMotion: 'reduce' }),
      await open({ reducedMotion: 'no-preference' }),
    ];
    void spans('a');
    await still.page.waitForSelector('.lane[data-open=true]');
    await other.page.waitForSelector('.lane[data-open=true]');
    expect(await still.page.evaluate(moving)).toBe(0);
    expect(await other.page.evaluate(moving)).toBe(1);
  });

  test('fits 360 pixels', async () => {
    const { emulator, spans, open } = await scene();
    const { page } = await open({ viewport: { width: 360, height: 700 } });
    emulator.faults.refuse(keyOf('n7'));
    await spans(...Array.from({ length: 100 }, (_, index) => `n${index}`));
    await page.waitForSelector('.failure');
    const widths = `[document.documentElement.scrollWidth, Math.max(...[...document.querySelectorAll('main *')].filter((one) => !one.closest('.unseen, svg')).map((one) => one.getBoundingClientRect().right))]`;
    const [scroll, rightmost] = (await page.evaluate(widths)) as [number, number];
    expect(scroll).toBe(360);
    expect(rightmost).toBeLessThanOrEqual(360);
    await page.click('.failure');
    expect(
      await page.evaluate('document.querySelector("dialog").getBoundingClientRect().width'),
    ).toBe(360);
  });

  test('stays as small after 2,000 requests as after 100, with one of 10,000 items among them', async () => {
    const { client, spans, open } = await scene({}, { batch: { maxItems: 10_000 } });
    const { page, problems } = await open();
    const nodes = `document.querySelectorAll('*').length`;
    const reach = async (requests: number) => {
      while (client.stats().requests < requests) await spans(`r${client.stats().requests}`);
      await page.waitForSelector(lane(requests));
      return (await page.evaluate(nodes)) as number;
    };
    const after100 = await reach(100);
    await spans(...Array.from({ length: 10_000 }, (_, index) => `many-${index}`));
    expect(client.stats().meanBatchSize).toBeGreaterThan(50);
    const after2000 = await reach(2_000);
    expect(after2000).toBeLessThanOrEqual(after100 + 60);
    expect(after2000).toBeLessThan(1_500);
    expect(problems).toEqual([]);
  });

  test('tells a screen reader of failures, one time for many', async () => {
    const { emulator, spans, open } = await scene();
    const { page } = await open();
    const said: string[] = [];
    await page.exposeFunction('heard', (text: string) => said.push(text));
    await page.evaluate(
      `new MutationObserver(() => heard(document.querySelector('#news').textContent)).observe(document.querySelector('#news'), { childList: true })`,
    );
    for (const name of ['a', 'b', 'c']) emulator.faults.refuse(keyOf(name));
    await spans('a', 'b', 'c');
    await page.waitForSelector('#failures li:nth-child(3)');
    expect(said.length).toBe(1);
    expect(said[0]).toMatch(/calls? failed\. The last: agent_spans\/create, /);
  });

  test('says when the inspector has ended, and goes on after a break', async () => {
    const { client, url, open } = await scene();
    const { page } = await open();
    await page.context().setOffline(true);
    await page.context().setOffline(false);
    await client.close();
    await page.reload();
    await page.waitForSelector('#link[data-state=live]');
    const second = createInspector(client);
    const { url: other } = await second.listen();
    await page.goto(other);
    await page.waitForSelector('#link[data-state=live]');
    await second.close();
    await page.waitForSelector('#link[data-state=ended]');
    expect(other).not.toBe(url);
  });
});

/** Runs in the page: the texts whose contrast with their ground is below 4.5, by the formula of WCAG 2. */
const textsOfLowContrast = `(() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (node) => {
    for (let one = node; one !== null; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== '');
    if (!own || node.closest('.unseen, noscript') || !node.checkVisibility()) continue;
    const isSvg = node.namespaceURI.endsWith('svg');
    const back = isSvg ? parse(getComputedStyle(node.previousElementSibling).fill) : ground(node);
    const front = parse(isSvg ? getComputedStyle(node).fill : getComputedStyle(node).color);
    const [a, b] = [luminance(front), luminance(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push(node.tagName + '.' + node.getAttribute('class') + ' "' + node.textContent.slice(0, 20) + '" ' + ratio.toFixed(2));
  }
  return low;
})()`;
