// Checks (b) and (g): how many requests an official SDK makes of its calls, and how long they take in virtual time.
import { expect, test } from 'vitest';
import type { SdkUnderTest } from '../../tools/official-sdk.ts';
import { LaterSdk, publishedSdk } from '../../tools/official-sdk.ts';
import type { FetchHarness, Mode } from '../helpers/fetch-harness.ts';
import { fetchHarness, spanNames, stateOf } from '../helpers/fetch-harness.ts';

const versions = [
  ['the published SDK', publishedSdk],
  ['a later SDK', (options: ConstructorParameters<typeof LaterSdk>[0]) => new LaterSdk(options)],
] as const;

/** Runs it to its end, and gives the virtual milliseconds that it took. */
async function timed(t: FetchHarness, run: () => Promise<unknown>): Promise<number> {
  const began = Date.now();
  await t.time.until(run());
  return Date.now() - began;
}

/** A run of that many spans. */
async function runOf(sdk: SdkUnderTest, spans: number): Promise<void> {
  sdk.startRun();
  for (let index = 0; index < spans; index++) sdk.span(`span ${index}`);
  sdk.finishRun();
  await sdk.shutdown();
}

function requestsOf(t: FetchHarness): number {
  return t.emulator.report().requests.all;
}

for (const [name, makeSdk] of versions) {
  for (const latencyMs of [0, 20]) {
    test(`1,001 spans of ${name} take at most 25 requests, at ${latencyMs} ms a round trip`, async () => {
      const t = fetchHarness('on-accept', { emulator: { latencyMs } });
      await timed(t, () => runOf(makeSdk({ fetch: t.fetch }), 1_001));
      expect(requestsOf(t)).toBeLessThanOrEqual(25);
      expect(spanNames(t.emulator)).toHaveLength(1_001);
      expect(t.failures).toEqual([]);
      expect(t.emulator.report().overlaps).toEqual([]);
    });
  }

  test(`1,001 spans of ${name} are sent twenty times as fast as without us, and leave the same state`, async () => {
    const took: Partial<Record<Mode, number>> = {};
    const states: unknown[] = [];
    for (const mode of ['plain', 'on-accept'] as const) {
      const t = fetchHarness(mode);
      took[mode] = await timed(t, () => runOf(makeSdk({ fetch: t.fetch }), 1_001));
      states.push(stateOf(t.emulator.snapshot()));
      t.time.end();
    }
    const { plain = 0, 'on-accept': early = 0 } = took;
    expect(plain / early).toBeGreaterThanOrEqual(20);
    expect(states[1]).toEqual(states[0]);
  });

  test(`50 short spans of ${name} take at most 4 requests, and their late finishes fail nowhere`, async () => {
    const t = fetchHarness('on-accept');
    const sdk = makeSdk({ fetch: t.fetch });
    sdk.startRun();
    // Each has ended when its turn to be sent comes.
    for (let index = 0; index < 50; index++) sdk.openSpan(`span ${index}`)();
    await t.time.until(sdk.shutdown());
    await t.time.until(t.client.flush());
    const { byPath } = t.emulator.report().requests;
    expect(byPath['POST /api/v1/bulk']).toBeLessThanOrEqual(4);
    expect(Object.keys(byPath).every((path) => /bulk|ping/.test(path))).toBe(true);
    expect(spanNames(t.emulator)).toHaveLength(50);
    expect(t.failures).toEqual([]);
    expect(t.emulator.report().ran.filter(({ outcome }) => outcome === 'error')).toEqual([]);
  });
}

test('many tracers share requests even where each waits for its results', async () => {
  const t = fetchHarness('on-result');
  const tracers = Array.from({ length: 20 }, () => publishedSdk({ fetch: t.fetch }));
  await t.time.until(Promise.all(tracers.map((tracer) => runOf(tracer, 30))));
  expect(spanNames(t.emulator)).toHaveLength(600);
  expect(requestsOf(t)).toBeLessThanOrEqual(40);
});

test('one tracer takes as many requests as without us where it waits for its results', async () => {
  const t = fetchHarness('on-result');
  await t.time.until(runOf(publishedSdk({ fetch: t.fetch }), 10));
  expect(requestsOf(t)).toBe(13);
  expect(t.batching.stats()).toEqual({ batched: 13, early: 0, passed: {}, lateFailures: 0 });
});
