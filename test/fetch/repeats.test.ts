// A call that ended without an answer, and its repeat: by an SDK that sends no keys, or one that does.
import { expect, test } from 'vitest';
import { SDK_URL } from '../../tools/official-sdk.ts';
import type { FetchHarness } from '../helpers/fetch-harness.ts';
import { fetchHarness, singleRequest, spanNames, spanOf } from '../helpers/fetch-harness.ts';

/** Calls, and gives up before the answer, as an SDK does after 30 seconds. */
async function giveUp(t: FetchHarness, path: string, body: unknown): Promise<void> {
  const given = new AbortController();
  const call = t.post(path, body, { signal: given.signal });
  call.catch(() => {});
  await t.time.pass(5);
  given.abort(new DOMException('It took too long', 'TimeoutError'));
  await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
}

/** Calls, and meets a server whose answers are all lost. */
async function loseAnswers(t: FetchHarness, path: string, body: unknown): Promise<void> {
  t.emulator.faults.next({ kind: 'dropAfter' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
  const failed = t.post(path, body);
  failed.catch(() => {});
  await t.time.pass(2_000);
  await expect(failed).rejects.toMatchObject({ cause: { code: 'RETRY_EXHAUSTED' } });
  t.emulator.faults.clear();
}

/** As an SDK without keys repeats it, and as one with a key does. */
const keys = [{}, { idempotency_key: 'key-of-the-sdk' }];

for (const repeats of ['replay', 'refuse'] as const) {
  test(`the repeat of a call that was done meanwhile has its result, where used keys are met with ${repeats}`, async () => {
    for (const key of keys) {
      const t = fetchHarness('on-result', { emulator: { repeats } });
      const run = await t.startedRun();
      const body = { ...spanOf(run, { payload: { name: 'slow' } }), ...key };
      await giveUp(t, 'agent_spans', body);
      await t.time.until(t.client.flush());
      const { all } = t.emulator.report().requests;

      const answer = await t.time.until(t.post('agent_spans', body));
      const [id] = Object.keys(t.emulator.snapshot().instances[run]?.spans ?? {});
      expect([answer.status, await answer.json()]).toMatchObject([200, { details: { id } }]);
      expect(t.emulator.report().requests.all).toBe(all);
      expect(spanNames(t.emulator)).toEqual(['slow']);
      t.time.end();
    }
  });

  test(`a finish that was given up, and done, can be repeated, where used keys are met with ${repeats}`, async () => {
    const t = fetchHarness('on-accept', { emulator: { repeats } });
    const run = await t.startedRun();
    await giveUp(t, `agent_instance/${run}/finish`, { status: 'failed' });
    await t.time.until(t.client.flush());
    const path = `agent_instance/${run}/finish`;
    const answer = await t.time.until(t.post(path, { status: 'failed' }));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ details: { status: 'failed' } });
    // Once more is another call, which the API refuses.
    expect((await t.time.until(t.post(path, { status: 'failed' }))).status).toBe(409);
  });

  test(`what was refused meanwhile is refused to the repeat, where used keys are met with ${repeats}`, async () => {
    const t = fetchHarness('on-result', { emulator: { repeats } });
    const run = await t.startedRun();
    t.emulator.faults.refuse(() => true, { code: 'not_permitted', times: 1 });
    await giveUp(t, 'agent_spans', spanOf(run));
    await t.time.until(t.client.flush());
    expect((await t.time.until(t.post('agent_spans', spanOf(run)))).status).toBe(403);
  });
}

test('a repeat that is given up, too, leaves the result to the next one', async () => {
  const t = fetchHarness('on-result', { emulator: { repeats: 'refuse', latencyMs: 100 } });
  const run = await t.startedRun();
  const body = spanOf(run, { payload: { name: 'slow' } });
  for (let attempt = 0; attempt < 3; attempt++) await giveUp(t, 'agent_spans', body);
  expect((await t.time.until(t.post('agent_spans', body))).status).toBe(200);
  expect(t.batching.stats().batched).toBe(3);
  expect(spanNames(t.emulator)).toEqual(['slow']);
});

test('a repeat whose call is given up by the client meanwhile is made again under its key', async () => {
  const t = fetchHarness('on-result', { client: { deliveryTimeoutMs: 1_000 } });
  const run = await t.startedRun();
  t.emulator.faults.next({ kind: 'dropAfter' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
  const body = spanOf(run, { payload: { name: 'slow' } });
  await giveUp(t, 'agent_spans', body);
  await t.time.pass(2_000);
  t.emulator.faults.clear();
  expect((await t.time.until(t.post('agent_spans', body))).status).toBe(200);
  expect(spanNames(t.emulator)).toEqual(['slow']);
});

for (const end of ['close', 'uninstall'] as const) {
  test(`after ${end} a repeat passes through with the key of its call`, async () => {
    for (const key of keys) {
      const t = fetchHarness('on-result', { client: { deliveryTimeoutMs: 1_000 } });
      const run = await t.startedRun();
      const body = { ...spanOf(run, { payload: { name: 'late' } }), ...key };
      await loseAnswers(t, 'agent_spans', body);
      if (end === 'close') await t.time.until(t.client.close());
      else t.batching.uninstall();
      const { bulk } = t.emulator.report().requests;
      t.emulator.faults.next({ kind: 'dropAfter' }, { on: 'any' });
      await expect(t.time.until(t.post('agent_spans', body))).rejects.toThrow(TypeError);
      const answer = await t.time.until(t.post('agent_spans', body));
      expect(answer.status).toBe(200);
      expect(spanNames(t.emulator)).toEqual(['late']);
      // And what repeats nothing passes as it is.
      await t.time.until(t.post('agent_spans', spanOf(run, { payload: { name: 'other' } })));
      expect(spanNames(t.emulator)).toEqual(['late', 'other']);
      expect(t.emulator.report().requests.bulk).toBe(bulk);
      expect(Object.values(t.batching.stats().passed)).toEqual([3]);
      t.time.end();
    }
  });

  test(`after ${end} a repeat of a call that was done has its result`, async () => {
    const t = fetchHarness('on-result', { emulator: { repeats: 'refuse' } });
    const run = await t.startedRun();
    const body = spanOf(run, { payload: { name: 'slow' } });
    await giveUp(t, 'agent_spans', body);
    if (end === 'close') await t.time.until(t.client.close());
    else t.batching.uninstall();
    expect((await t.time.until(t.post('agent_spans', body))).status).toBe(200);
    expect(t.batching.stats().passed).toEqual({});
    expect(spanNames(t.emulator)).toEqual(['slow']);
  });
}

test('a Request that repeats a call passes through with its key, whatever length its headers tell', async () => {
  const t = fetchHarness('on-result', { client: { deliveryTimeoutMs: 1_000 } });
  const run = await t.startedRun();
  const body = spanOf(run, { payload: { name: 'late' } });
  await loseAnswers(t, 'agent_spans', body);
  await t.time.until(t.client.close());
  const { headers, ...init } = singleRequest(body);
  const length = String(JSON.stringify(body).length);
  const request = new Request(`${SDK_URL}/api/v1/agent_spans`, {
    ...init,
    headers: { ...(headers as Record<string, string>), 'content-length': length },
  });
  expect((await t.time.until(t.fetch(request))).status).toBe(200);
  expect(spanNames(t.emulator)).toEqual(['late']);
});

test('five minutes later the same body is another call', async () => {
  const register = async (pauseMs: number): Promise<number> => {
    const t = fetchHarness('on-result');
    await giveUp(t, 'agent_instance/register', {});
    await t.time.pass(pauseMs);
    await t.time.until(t.post('agent_instance/register', {}));
    const runs = Object.keys(t.emulator.snapshot().instances).length;
    t.time.end();
    return runs;
  };
  expect(await register(299_000)).toBe(1);
  expect(await register(301_000)).toBe(2);
});

test('of more calls without an answer than a thousand the oldest are forgotten, also where all say the same', async () => {
  const t = fetchHarness('on-result');
  const signals = Array.from({ length: 1_001 }, () => new AbortController());
  const calls = signals.map(({ signal }) => t.post('agent_instance/register', {}, { signal }));
  for (const call of calls) call.catch(() => {});
  await t.time.pass(5);
  for (const signal of signals) signal.abort();
  await t.time.until(t.client.flush());
  const answers = calls.map(() => t.post('agent_instance/register', {}));
  await t.time.until(Promise.all(answers));
  expect(Object.keys(t.emulator.snapshot().instances)).toHaveLength(1_002);
});
