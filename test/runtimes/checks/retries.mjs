import { equal, ok, outcomes, rejection, sleep, until } from '../context.mjs';

const html = '<!doctype html><title>502 Bad Gateway</title>';

/** Eight kinds of answers of which nobody knows whether the work was done. */
const lost = {
  'cut before the headers': { cut: 'before the headers' },
  'cut in the headers': { cut: 'in the headers' },
  'cut in the body': { cut: 'in the body' },
  'with half a body': { status: 200, body: '{"status":"success","outp' },
  'without a body': { status: 200 },
  "that is a proxy's page": { status: 502, headers: { 'content-type': 'text/html' }, body: html },
  'of status 500': { status: 500, body: '{"status":"error","code":"unexpected"}' },
  'that hangs': { hangs: 'in the body' },
};

function lostCheck(response) {
  return async (t) => {
    const backend = await t.scripted([response, 'ok']);
    const client = t.client(backend, {
      attemptTimeoutMs: response.hangs === undefined ? 30_000 : 2_000,
    });
    equal(await outcomes(t.spans(client, 3)), ['ok', 'ok', 'ok'], 'the outcomes');
    const [first, second, ...more] = (await backend.requests()).map(({ body }) => body);
    equal(more, [], 'more requests');
    equal(second, first, 'the bytes that were sent again');
  };
}

export const retries = {
  ...Object.fromEntries(
    Object.entries(lost).map(([title, response]) => [
      `a lost answer ${title}: the same bytes again`,
      lostCheck(response),
    ]),
  ),

  'what the server has done is not done twice': async (t) => {
    const backend = await t.emulated();
    const client = t.client(backend);
    const run = await client.agentInstances.register({});
    for (const kind of ['dropBefore', 'dropAfter', 'dropMiddle', 'truncate']) {
      await backend.report('faults.next', { kind });
      equal(
        await outcomes(t.spans(client, 3, () => ({ agentInstanceId: run }))),
        ['ok', 'ok', 'ok'],
        kind,
      );
    }
    const { breaches, doubled, replays } = await backend.report();
    equal([breaches, doubled], [[], []], 'breaches, and what was done twice');
    ok(replays > 0, 'nothing was replayed');
  },

  'a 429 with a time is waited for, and nothing else leaves': async (t) => {
    const backend = await t.scripted([{ status: 429, headers: { 'retry-after': '1' } }, 'ok']);
    const client = t.client(backend);
    const pauses = [];
    client.on('pause', ({ status }) => pauses.push(status));
    const early = t.spans(client, 2);
    await until(() => pauses.length > 0);
    const late = t.spans(client, 2);
    equal(await outcomes([...early, ...late]), Array(4).fill('ok'), 'the outcomes');
    const [first, second] = await backend.requests();
    // A server's second, less what two clocks may differ by.
    ok(second.at - first.at > 950, `it came again after ${second.at - first.at} ms`);
    equal(pauses, [429], 'the pauses');
  },

  'a 503 with a date is waited for': async (t) => {
    const backend = await t.scripted([{ status: 503, retryAfterMs: 2_000 }, 'ok']);
    const client = t.client(backend);
    equal(await outcomes(t.spans(client, 2)), ['ok', 'ok'], 'the outcomes');
    const [first, second] = await backend.requests();
    // Dates have whole seconds: of two, at least one.
    ok(second.at - first.at > 900, `it came again after ${second.at - first.at} ms`);
  },

  'a 503 with milliseconds in its body is waited for': async (t) => {
    const body = '{"status":"error","code":"rate_limited","retry_after_ms":500}';
    const backend = await t.scripted([{ status: 503, body }, 'ok']);
    equal(await outcomes(t.spans(t.client(backend), 2)), ['ok', 'ok'], 'the outcomes');
    const [first, second] = await backend.requests();
    ok(second.at - first.at > 450, `it came again after ${second.at - first.at} ms`);
  },

  'an attempt that takes too long is given up, and its connection closed': async (t) => {
    const backend = await t.scripted([{ hangs: 'before the headers' }, 'ok']);
    const client = t.client(backend, { attemptTimeoutMs: 400 });
    equal(await outcomes(t.spans(client, 2)), ['ok', 'ok'], 'the outcomes');
    equal((await backend.requests()).length, 2, 'the requests');
  },

  'a call never takes longer than deliveryTimeoutMs': async (t) => {
    const backend = await t.scripted([{ hangs: 'before the headers' }]);
    const client = t.client(backend, { attemptTimeoutMs: 300, deliveryTimeoutMs: 1_000 });
    const [call] = t.spans(client, 1);
    const error = await rejection(call);
    equal([error.name, error.maybeApplied], ['PrefactorRetryExhaustedError', true], 'the error');
    ok(error.attempts >= 1, `${error.attempts} attempts`);
  },

  'an outage costs time, and no call': async (t) => {
    const down = Array(6).fill({ cut: 'before the headers' });
    const backend = await t.scripted([...down, 'ok']);
    const client = t.client(backend, { retry: { limit: 2 } });
    const early = t.spans(client, 5);
    await sleep(50);
    equal(await outcomes([...early, ...t.spans(client, 5)]), Array(10).fill('ok'), 'the outcomes');
  },

  'a server that refuses connections is an outage': async (t) => {
    // Nobody listens at the discard port, and no browser asks there.
    const client = t.client(undefined, { apiUrl: 'http://127.0.0.1:9', deliveryTimeoutMs: 500 });
    const [call] = t.spans(client, 1);
    equal((await rejection(call)).name, 'PrefactorRetryExhaustedError', 'the error');
  },

  'an item error that may pass is tried again': async (t) => {
    const backend = await t.emulated();
    await backend.report('faults.refuse', 'passing-span-1', {
      code: 'temporarily_unavailable',
      times: 1,
    });
    const client = t.client(backend);
    const run = await client.agentInstances.register({});
    const calls = t.spans(client, 3, (index) => ({
      agentInstanceId: run,
      idempotencyKey: `passing-span-${index}`,
    }));
    equal(await outcomes(calls), ['ok', 'ok', 'ok'], 'the outcomes');
  },
};
