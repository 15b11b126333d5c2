// Errors back to HTTP: status by the request, else by the code; bodies as the API wrote them.
import { expect, test } from 'vitest';
import { fetchHarness, spanOf } from '../helpers/fetch-harness.ts';

const statusOfCode: Readonly<Record<string, number>> = {
  bad_request: 400,
  bad_authtoken: 401,
  not_authenticated: 401,
  not_permitted: 403,
  not_found: 404,
  invalid_action: 409,
  idempotency_key_already_used: 409,
  validation_errors: 422,
  invalid_value: 422,
  required_value: 422,
  unexpected_ref_type: 422,
  rate_limited: 429,
  unknown: 500,
  unexpected: 500,
  not_implemented: 501,
  temporarily_unavailable: 503,
  alert_unknown: 422,
  'unheard-of': 422,
  // Of earlier pages.
  unauthorized: 401,
  conflict: 409,
};

for (const [code, status] of Object.entries(statusOfCode)) {
  test(`an item that is refused with ${code} has status ${status}, and the body of the API`, async () => {
    const t = fetchHarness('on-result', { client: { retry: { itemCodes: [] } } });
    const run = await t.startedRun();
    const message = `A message of more than two hundred characters: ${'x'.repeat(300)}`;
    const refusal = { code, message, errors: { field: ['is wrong'] }, retryAfterMs: 1_234 };
    t.emulator.faults.refuse(({ type }) => type === 'agent_spans/create', refusal);
    const answer = await t.time.until(t.post('agent_spans', spanOf(run)));
    expect(answer.status).toBe(status);
    expect(answer.ok).toBe(false);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await answer.json()).toEqual({
      status: 'error',
      code,
      message,
      errors: { field: ['is wrong'] },
      retry_after_ms: 1_234,
    });
  });
}

for (const status of [400, 401, 403, 404, 405, 409, 413, 415, 422]) {
  test(`a request that is refused with ${status} gives that status and its body`, async () => {
    const t = fetchHarness('on-result');
    const run = await t.startedRun();
    const body = '{"status":"error","code":"odd","message":"As it came","later_field":[1.50]}';
    t.emulator.faults.next({ kind: 'status', status, body }, { times: 3 });
    const answer = await t.time.until(t.post('agent_spans', spanOf(run)));
    expect(answer.status).toBe(status);
    expect(answer.statusText).not.toBe('');
    expect(await answer.text()).toBe(body);
  });
}

test('a page instead of JSON comes through as text', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  t.emulator.faults.next({ kind: 'html', status: 403 });
  const answer = await t.time.until(t.post('agent_spans', spanOf(run)));
  expect(answer.status).toBe(403);
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await answer.text()).toMatch(/^<.*html/i);
});

test('a body too large to be kept is made of what the error says', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  const errors = { field: 'x'.repeat(200_000) };
  t.emulator.faults.refuse(() => true, { code: 'invalid_value', message: 'Large', errors });
  const answer = await t.time.until(t.post('agent_spans', spanOf(run)));
  expect(answer.status).toBe(422);
  expect(await answer.json()).toEqual({ status: 'error', code: 'invalid_value', message: 'Large' });
});

test('the token is in no body, though the API repeats it', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  t.emulator.faults.refuse(() => true, { code: 'not_permitted', message: 'Not for test-token' });
  const answer = await t.time.until(t.post('agent_spans', spanOf(run)));
  expect(await answer.json()).toMatchObject({ message: 'Not for [token]' });
});

test('what failed with what it needs is not found', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  const id = `${run.slice(0, 16)}0123456789abcdef`;
  t.emulator.faults.refuse(({ type }) => type === 'agent_spans/create', { code: 'invalid_value' });
  const span = t.post('agent_spans', spanOf(run, { id }));
  const finish = t.post(`agent_spans/${id}/finish`, {});
  const [, answer] = await t.time.until(Promise.all([span, finish]));
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ status: 'error', code: 'not_found' });
});

test('a key that a pending call has for something else is a conflict', async () => {
  const t = fetchHarness('on-result');
  const run = await t.startedRun();
  const key = { idempotency_key: 'one-key-twice' };
  const first = t.post('agent_spans', { ...spanOf(run), ...key });
  const second = t.post('agent_spans', { ...spanOf(run, { schema_name: 'other' }), ...key });
  const [, answer] = await t.time.until(Promise.all([first, second]));
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ code: 'idempotency_key_already_used' });
});

test('a broken answer fails as a fetch fails', async () => {
  const t = fetchHarness('on-result', { client: { retry: { limit: 1 } } });
  const run = await t.startedRun();
  t.emulator.faults.next({ kind: 'truncate' }, { times: 9 });
  const failed = t.post('agent_spans', spanOf(run));
  failed.catch(() => {});
  await t.time.pass(60_000);
  await expect(failed).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' });
});

test('a finish of a span that was created as ended is a conflict here, and is not sent', async () => {
  const t = fetchHarness('on-accept');
  const run = await t.startedRun();
  const span = await t.post('agent_spans', spanOf(run, { status: 'complete' }));
  const { details } = await span.json();
  const answer = await t.post(`agent_spans/${details.id}/finish`, {});
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ status: 'error', code: 'invalid_action' });
  await t.time.until(t.client.flush());
  expect(t.emulator.report().ran.map(({ type }) => type)).not.toContain('agent_spans/finish');
});

test('an early answer has an id of the partition of the run, and no payload', async () => {
  const t = fetchHarness('on-accept');
  const run = await t.startedRun();
  const answer = await t.post('agent_spans', spanOf(run, { payload: { name: 'early' } }));
  const body = await answer.json();
  expect(body).toEqual({
    status: 'success',
    details: {
      type: 'agent_span',
      id: expect.stringContaining(run.slice(10, 16)),
      agent_instance_id: run,
      schema_name: 'llm',
      status: 'active',
      started_at: new Date().toISOString(),
    },
  });
  await t.time.pass(3_000);
  const spans = t.emulator.snapshot().instances[run]?.spans ?? {};
  expect(spans[body.details.id]).toMatchObject({ started_at: body.details.started_at });
});

test('a span of a run whose id tells no partition waits for its result, unless it has an id of its own', async () => {
  const t = fetchHarness('on-accept');
  await t.time.until(t.post('agent_spans', spanOf('a-run-without-pfid')));
  expect(t.batching.stats().early).toBe(0);
  await t.post(
    'agent_spans',
    spanOf('a-run-without-pfid', { id: '01k3zxw0000000a1b2c3000000000009' }),
  );
  expect(t.batching.stats().early).toBe(1);
});

test('a registration and the finish of a run wait for the API', async () => {
  const t = fetchHarness('on-accept');
  const run = await t.startedRun();
  expect(t.batching.stats().early).toBe(1);
  void t.post('agent_spans', spanOf(run));
  const answer = await t.time.until(t.post(`agent_instance/${run}/finish`, {}));
  expect((await answer.json()).details).toMatchObject({
    status: 'complete',
    span_counts: { total: 1 },
  });
  expect(t.client.stats().ledger.pending).toBe(0);
});
