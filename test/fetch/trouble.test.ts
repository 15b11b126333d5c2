// Checks (d), (e) and (f): lost answers, time-outs, an outage, a termination, a revoked token, an invalid span.
import { expect, test, vi } from 'vitest';
import { LaterSdk, publishedSdk } from '../../tools/official-sdk.ts';
import type { Mode } from '../helpers/fetch-harness.ts';
import { fetchHarness, spanNames, spanOf } from '../helpers/fetch-harness.ts';

const modes = ['on-result', 'on-accept'] as const;
const allNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `span ${index}`).sort();

/** The published SDK tells the console of what it drops. */
function silenceConsole(): void {
  vi.spyOn(console, 'error').mockImplementation(() => {});
}

async function withLostAnswers(mode: Mode): Promise<string[]> {
  const t = fetchHarness(mode, {
    emulator: { faults: { rates: { dropAfter: 0.1 }, on: 'any', seed: 3 } },
  });
  const sdk = publishedSdk({ fetch: t.fetch });
  sdk.startRun();
  for (let index = 0; index < 100; index++) sdk.span(`span ${index}`);
  sdk.finishRun();
  await t.time.until(sdk.shutdown());
  return spanNames(t.emulator);
}

test('without us the published SDK doubles spans whose answers are lost', async () => {
  silenceConsole();
  expect((await withLostAnswers('plain')).length).toBeGreaterThan(100);
});

for (const mode of modes) {
  test(`nothing is doubled where every tenth answer is lost, answered ${mode}`, async () => {
    silenceConsole();
    expect(await withLostAnswers(mode)).toEqual(allNames(100));
  });
}

test('a call that an SDK without keys gives up and repeats is one call', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  t.emulator.faults.next({ kind: 'delay', delayMs: 500 });
  const body = spanOf(run, { payload: { name: 'slow' } });
  const given = new AbortController();
  const first = t.post('agent_spans', body, { signal: given.signal });
  first.catch(() => {});
  await t.time.pass(100);
  given.abort(new DOMException('It took too long', 'TimeoutError'));
  await expect(first).rejects.toMatchObject({ name: 'TimeoutError' });
  // Its first request is under way still.
  expect((await t.time.until(t.post('agent_spans', body))).status).toBe(200);
  await t.time.until(t.client.flush());
  expect(spanNames(t.emulator)).toEqual(['slow']);
  // And it was the repeat of one call, not of all that say the same.
  await t.time.until(t.post('agent_spans', body));
  expect(spanNames(t.emulator)).toEqual(['slow', 'slow']);
});

test('an abort rejects with the reason of its signal, and the call is still done', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  const given = new AbortController();
  const call = t.post('agent_spans', spanOf(run), { signal: given.signal });
  const reason = new Error('enough');
  await t.time.pass(5);
  given.abort(reason);
  await expect(call).rejects.toBe(reason);
  await t.time.until(t.client.flush());
  expect(spanNames(t.emulator)).toHaveLength(1);
});

test('two equal bodies that are both answered are two calls', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  const body = spanOf(run, { payload: { name: 'twin' } });
  await t.time.until(Promise.all([t.post('agent_spans', body), t.post('agent_spans', body)]));
  expect(spanNames(t.emulator)).toEqual(['twin', 'twin']);
});

test('a call whose attempts are used up fails as a fetch fails, and its repeat has its key', async () => {
  const t = fetchHarness('on-result', { client: { deliveryTimeoutMs: 1_000 } });
  const run = await t.startedRun();
  t.emulator.faults.next({ kind: 'dropAfter' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
  const body = spanOf(run, { payload: { name: 'late' } });
  const failed = t.post('agent_spans', body);
  failed.catch(() => {});
  await t.time.pass(2_000);
  await expect(failed).rejects.toMatchObject({
    name: 'TypeError',
    message: 'fetch failed',
    cause: { code: 'RETRY_EXHAUSTED' },
  });
  t.emulator.faults.clear();
  const answer = await t.time.until(t.post('agent_spans', body));
  expect(answer.status).toBe(200);
  expect(spanNames(t.emulator)).toEqual(['late']);
});

test('an outage of three seconds loses none of 200 spans that are answered early', async () => {
  const t = fetchHarness('on-accept');
  const sdk = new LaterSdk({ fetch: t.fetch });
  sdk.startRun();
  await t.time.until(sdk.shutdown());
  t.emulator.faults.next({ kind: 'dropBefore' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
  for (let index = 0; index < 200; index++) sdk.span(`span ${index}`);
  await t.time.pass(3_000);
  t.emulator.faults.clear();
  sdk.finishRun();
  await t.time.until(sdk.shutdown());
  expect(spanNames(t.emulator)).toEqual(allNames(200));
  expect(sdk.fatal).toBeUndefined();
});

for (const mode of modes) {
  test(`an SDK hears of a termination within two spans, answered ${mode}`, async () => {
    const t = fetchHarness(mode);
    const sdk = new LaterSdk({ fetch: t.fetch });
    sdk.startRun();
    await t.time.until(sdk.shutdown());
    await t.time.until(t.client.flush());
    t.emulator.terminate(String(sdk.run), 'Too expensive');
    for (let spans = 1; spans <= 2 && sdk.terminated === undefined; spans++) {
      sdk.span(`span ${spans}`);
      await t.time.until(sdk.shutdown());
      await t.time.until(t.client.flush());
    }
    expect(sdk.terminated).toBe('Too expensive');
  });

  test(`a token that was revoked is fatal within two spans, answered ${mode}`, async () => {
    let isRevoked = false;
    const t = fetchHarness(mode, { emulator: { token: () => !isRevoked } });
    const sdk = new LaterSdk({ fetch: t.fetch });
    sdk.startRun();
    await t.time.until(sdk.shutdown());
    isRevoked = true;
    for (let spans = 1; spans <= 2; spans++) {
      sdk.span(`span ${spans}`);
      await t.time.until(sdk.shutdown());
      await t.time.until(t.client.flush());
    }
    expect(sdk.fatal).toEqual({ status: 401 });
  });
}

test('after a late failure a run is answered by results until one succeeds', async () => {
  const t = fetchHarness('on-accept');
  const run = await t.startedRun();
  const other = await t.startedRun();
  const early = (): number => t.batching.stats().early;
  t.emulator.faults.refuse(({ fields }) => JSON.stringify(fields).includes('poor'), {
    code: 'not_permitted',
  });
  const poor = spanOf(run, { payload: { name: 'poor' } });
  expect((await t.post('agent_spans', poor)).status).toBe(200);
  await t.time.until(t.client.flush());
  expect(t.batching.stats().lateFailures).toBe(1);
  const before = early();

  expect((await t.time.until(t.post('agent_spans', poor))).status).toBe(403);
  expect((await t.time.until(t.post('agent_spans', spanOf(run)))).status).toBe(200);
  expect(early()).toBe(before);
  expect((await t.post('agent_spans', spanOf(other))).status).toBe(200);
  expect((await t.post('agent_spans', spanOf(run))).status).toBe(200);
  expect(early()).toBe(before + 2);
});

test('of a run of which a call has failed after its answer, no finish is refused here: the API is asked', async () => {
  const t = fetchHarness('on-accept');
  const run = await t.startedRun();
  const created = await t.post('agent_spans', spanOf(run, { status: 'complete' }));
  const { details } = (await created.json()) as { details: { id: string } };
  const finishes = (): number =>
    t.emulator.report().ran.filter(({ type }) => type === 'agent_spans/finish').length;
  expect((await t.post(`agent_spans/${details.id}/finish`, {})).status).toBe(409);
  await t.time.until(t.client.flush());
  expect(finishes()).toBe(0);
  t.emulator.faults.refuse(({ fields }) => JSON.stringify(fields).includes('poor'));
  await t.post('agent_spans', spanOf(run, { payload: { name: 'poor' } }));
  await t.time.until(t.client.flush());
  const answer = await t.time.until(t.post(`agent_spans/${details.id}/finish`, {}));
  expect(answer.status).toBe(409);
  expect(finishes()).toBe(1);
});

test('the repeat of a call that had no answer waits for its result, whatever its run has done since', async () => {
  const t = fetchHarness('on-accept', { client: { batch: { maxWaitMs: 0 } } });
  const run = await t.startedRun();
  t.emulator.faults.refuse(({ fields }) => JSON.stringify(fields).includes('poor'));
  await t.post('agent_spans', spanOf(run, { payload: { name: 'poor' } }));
  await t.time.until(t.client.flush());
  // Answered by results now: one that takes long, and is given up.
  t.emulator.faults.next({ kind: 'delay', delayMs: 500 });
  const body = spanOf(run, { payload: { name: 'slow' } });
  const given = new AbortController();
  const slow = t.post('agent_spans', body, { signal: given.signal });
  slow.catch(() => {});
  await t.time.pass(30);
  given.abort();
  await expect(slow).rejects.toMatchObject({ name: 'AbortError' });
  // The run is well again meanwhile.
  await t.time.until(t.post('agent_spans', spanOf(run, { payload: { name: 'fine' } })));
  const { early } = t.batching.stats();
  expect((await t.time.until(t.post('agent_spans', body))).status).toBe(200);
  expect(t.batching.stats()).toMatchObject({ early, lateFailures: 1 });
  await t.time.until(t.client.flush());
  expect(spanNames(t.emulator)).toEqual(['fine', 'slow']);
});

test('one invalid span makes a later SDK fatal without us, and costs only itself when answered early', async () => {
  const stored: Record<string, number> = {};
  for (const mode of ['plain', 'on-accept'] as const) {
    const t = fetchHarness(mode);
    t.emulator.faults.refuse(({ fields }) => JSON.stringify(fields).includes('"span 30"'));
    const sdk = new LaterSdk({ fetch: t.fetch });
    sdk.startRun();
    for (let index = 0; index < 100; index++) sdk.span(`span ${index}`);
    sdk.finishRun();
    await t.time.until(sdk.shutdown());
    stored[mode] = spanNames(t.emulator).length;
    t.time.end();
  }
  expect(stored).toEqual({ plain: 30, 'on-accept': 99 });
});

test('a finish that was answered early, and refused later, can be repeated', async () => {
  const t = fetchHarness('on-accept');
  const run = await t.startedRun();
  const created = await t.post('agent_spans', spanOf(run, { status: 'active' }));
  const { details } = (await created.json()) as { details: { id: string } };
  await t.time.until(t.client.flush());
  let isRefusing = true;
  t.emulator.faults.refuse(({ type }) => isRefusing && type === 'agent_spans/finish');
  expect((await t.post(`agent_spans/${details.id}/finish`, {})).status).toBe(200);
  await t.time.until(t.client.flush());
  expect(t.batching.stats().lateFailures).toBe(1);
  isRefusing = false;
  expect((await t.time.until(t.post(`agent_spans/${details.id}/finish`, {}))).status).toBe(200);
});

test('a repeat that is given up while it waits for room keeps the key of its call', async () => {
  const t = fetchHarness('on-result', {
    client: { queue: { maxItems: 2 }, batch: { maxItems: 1, concurrency: 1 } },
    emulator: { latencyMs: 150 },
  });
  const run = await t.startedRun();
  const body = spanOf(run, { payload: { name: 'slow' } });
  const giveUp = async (): Promise<void> => {
    const given = new AbortController();
    const call = t.post('agent_spans', body, { signal: given.signal });
    call.catch(() => {});
    await t.time.pass(20);
    given.abort(new DOMException('It took too long', 'TimeoutError'));
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
  };
  const first = giveUp();
  const other = t.post('agent_spans', spanOf(run, { payload: { name: 'other' } }));
  await first;
  await giveUp();
  expect((await t.time.until(t.post('agent_spans', body))).status).toBe(200);
  expect((await t.time.until(other)).status).toBe(200);
  await t.time.until(t.client.flush());
  expect(spanNames(t.emulator)).toEqual(['other', 'slow']);
});
