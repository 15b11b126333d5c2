// Faults of whole requests, put in one by one.

import { describe, expect, test } from 'vitest';
import type { Emulator, Fault } from '../../../src/testing/index.ts';
import {
  at,
  bulk,
  create,
  get,
  HEADERS,
  ORIGIN,
  outcomes,
  post,
  SPAN,
  span,
  withInstance,
} from '../helpers.ts';

const DROPPED = new TypeError('fetch failed');

function effects(emulator: Emulator): number {
  return emulator.report().effects.size;
}

describe('a status', () => {
  test.each([
    [400, 'bad_request'],
    [401, 'bad_authtoken'],
    [403, 'not_permitted'],
    [404, 'not_found'],
    [408, 'bad_request'],
    [409, 'invalid_action'],
    [413, 'bad_request'],
    [422, 'validation_errors'],
    [425, 'bad_request'],
    [429, 'rate_limited'],
    [500, 'unexpected'],
    [502, 'unexpected'],
    [503, 'temporarily_unavailable'],
    [507, 'unexpected'],
    [418, 'bad_request'],
  ])('%i has the code %s, and no work is done', async (status, code) => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'status', status });
    const reply = await bulk(emulator, create('key-00001'));
    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({ status: 'error', code, message: expect.any(String) });
    expect(effects(emulator)).toBe(0);
    expect(outcomes(await bulk(emulator, create('key-00001')))).toEqual({ 'key-00001': 'success' });
  });

  test('says what it is told to', async () => {
    const emulator = await withInstance();
    emulator.faults.next({
      kind: 'status',
      status: 422,
      code: 'validation_error',
      message: 'No',
      errors: { items: ['too many'] },
      headers: { 'x-request-id': 'r1' },
    });
    const reply = await bulk(emulator, create('key-00001'));
    expect(reply.body).toEqual({
      status: 'error',
      code: 'validation_error',
      message: 'No',
      errors: { items: ['too many'] },
    });
    expect(reply.headers.get('x-request-id')).toBe('r1');
  });

  test.each<[string, Pick<Fault & { kind: 'status' }, 'retryAfter'>, string]>([
    ['seconds', { retryAfter: 7 }, '7'],
    ['a date', { retryAfter: new Date(1_788_249_607_000) }, 'Tue, 01 Sep 2026 08:00:07 GMT'],
    ['a text', { retryAfter: 'soon' }, 'soon'],
  ])('may say when to come again: %s', async (_name, fault, header) => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'status', status: 503, ...fault });
    const reply = await bulk(emulator, create('key-00001'));
    expect(reply.headers.get('retry-after')).toBe(header);
  });

  test('may say it in the body', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'status', status: 429, retryAfterMs: 1_500 });
    const reply = await bulk(emulator, create('key-00001'));
    expect(reply.body).toEqual({
      status: 'error',
      code: 'rate_limited',
      message: 'Slow down',
      retry_after_ms: 1_500,
    });
  });

  test('may come although the work was done', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'status', status: 504, afterWork: true });
    expect((await bulk(emulator, create('key-00001'))).status).toBe(504);
    expect(effects(emulator)).toBe(1);
  });

  test('may have any body, or none', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'status', status: 200, body: '{"status":"success"}' });
    emulator.faults.next({ kind: 'status', status: 204 });
    expect((await bulk(emulator, create('key-00001'))).body).toEqual({ status: 'success' });
    expect(await bulk(emulator, create('key-00001'))).toMatchObject({ status: 204, body: '' });
  });
});

describe('a redirect', () => {
  const redirect: Fault = { kind: 'status', status: 307, location: 'https://elsewhere.test/' };

  test('is shown to whoever asks for it', async () => {
    const emulator = await withInstance();
    emulator.faults.next(redirect);
    const response = await emulator.fetch(`${ORIGIN}/api/v1/bulk`, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify({ items: [create('key-00001')] }),
      redirect: 'manual',
    });
    expect(response.status).toBe(307);
    expect(response.headers.get('location')).toBe('https://elsewhere.test/');
    expect(emulator.report().breaches).toEqual([]);
  });

  test('is never followed: that is a breach', async () => {
    const emulator = await withInstance();
    emulator.faults.next(redirect);
    await expect(bulk(emulator, create('key-00001'))).rejects.toThrow(TypeError);
    expect(emulator.report().breaches).toEqual(['A redirect would be followed, token and all']);
  });
});

describe('a broken connection', () => {
  test('before the work', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'dropBefore' });
    await expect(bulk(emulator, create('key-00001'))).rejects.toThrow(DROPPED);
    expect(effects(emulator)).toBe(0);
    expect(emulator.report().batches).toEqual([
      expect.objectContaining({ status: 'dropped', keys: ['key-00001'] }),
    ]);
  });

  test('after the work', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'dropAfter' });
    await expect(bulk(emulator, create('key-00001'))).rejects.toThrow(DROPPED);
    expect(effects(emulator)).toBe(1);
    const again = await bulk(emulator, create('key-00001'));
    expect(outcomes(again)).toEqual({ 'key-00001': 'success' });
    expect(emulator.report()).toMatchObject({ replays: 1 });
  });

  test('in the middle of the body', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'dropMiddle' });
    await expect(bulk(emulator, create('key-00001'))).rejects.toThrow(new TypeError('terminated'));
    expect(effects(emulator)).toBe(1);
  });
});

describe('a body that is no answer', () => {
  test('half of one, after the work', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'truncate' });
    const reply = await bulk(emulator, create('key-00001'));
    expect(reply.status).toBe(200);
    expect(reply.body).toMatch(/^\{"status":"success","outputs":\{/);
    expect(effects(emulator)).toBe(1);
  });

  test('the first characters of one', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'truncate', length: 5 });
    expect((await bulk(emulator, create('key-00001'))).body).toBe('{"sta');
  });

  test.each([
    [502, {}],
    [200, { status: 200 }],
  ])('a page with the status %i', async (status, fault) => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'html', ...fault });
    const reply = await bulk(emulator, create('key-00001'));
    expect(reply.status).toBe(status);
    expect(reply.headers.get('content-type')).toContain('text/html');
    expect(reply.body).toMatch(/^<!DOCTYPE html>/);
    expect(effects(emulator)).toBe(0);
  });

  test('a page although the work was done', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'html', afterWork: true });
    await bulk(emulator, create('key-00001'));
    expect(effects(emulator)).toBe(1);
  });
});

describe('an endless body', () => {
  async function open(signal?: AbortSignal): Promise<{
    emulator: Emulator;
    reader: ReadableStreamDefaultReader<Uint8Array>;
  }> {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'endless' });
    const response = await emulator.fetch(`${ORIGIN}/api/v1/bulk`, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify({ items: [create('key-00001')] }),
      ...(signal === undefined ? {} : { signal }),
    });
    const { body } = response;
    if (body === null) throw new Error('no body');
    return { emulator, reader: body.getReader() };
  }

  test('goes on until it is cancelled', async () => {
    const { emulator, reader } = await open();
    for (let i = 0; i < 5; i++) expect((await reader.read()).value?.length).toBe(64 * 1024);
    expect(emulator.report().openBodies).toBe(1);
    await reader.cancel();
    expect(emulator.report()).toMatchObject({ openBodies: 0, breaches: [] });
  });

  test('ends with the reason of an abort', async () => {
    const controller = new AbortController();
    const { emulator, reader } = await open(controller.signal);
    await reader.read();
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(reader.read()).rejects.toBe(reason);
    expect(emulator.report().openBodies).toBe(0);
  });

  test('gives up after 64 MiB on a reader without a bound', async () => {
    const { emulator, reader } = await open();
    let bytes = 0;
    await expect(
      (async () => {
        for (;;) bytes += (await reader.read()).value?.length ?? 0;
      })(),
    ).rejects.toThrow('terminated');
    expect(bytes).toBe(64 * 1024 * 1024);
    expect(emulator.report()).toMatchObject({
      openBodies: 0,
      breaches: ['Nobody bounded the reading of an endless body'],
    });
  });
});

describe('a wrong output', () => {
  const [first, second, third] = [create('key-00001'), create('key-00002'), create('key-00003')];

  test('left out, though the item ran', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'omit' });
    expect(outcomes(await bulk(emulator, first, second))).toEqual({ 'key-00002': 'success' });
    expect(effects(emulator)).toBe(2);
  });

  test('left out by choice, and the item does not run', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'omit', item: 'key-00002', runs: false });
    const reply = await bulk(emulator, first, second, third);
    expect(outcomes(reply)).toEqual({ 'key-00001': 'success', 'key-00003': 'success' });
    expect([...emulator.report().effects.keys()]).toEqual(['key-00001', 'key-00003']);
  });

  test('for a key that nobody asked for', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'extra' });
    emulator.faults.next({ kind: 'extra', key: 'constructor' });
    expect(outcomes(await bulk(emulator, first))).toEqual({
      'key-00001': 'success',
      'key-of-nobody': 'success',
    });
    expect(outcomes(await bulk(emulator, second))).toHaveProperty('constructor', 'success');
  });

  test('with the id of nobody', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'wrongId' });
    const item = create('key-00001', { id: SPAN });
    const reply = await bulk(emulator, item, second);
    const id = at(reply.body, 'outputs', 'key-00001', 'details', 'id');
    expect(id).not.toBe(SPAN);
    expect((await get(emulator, `agent_spans/${String(id)}`)).status).toBe(404);
    expect((await get(emulator, `agent_spans/${SPAN}`)).status).toBe(200);
    const again = await bulk(emulator, item);
    expect(at(again.body, 'outputs', 'key-00001', 'details', 'id')).toBe(SPAN);
  });

  test('with the id of nobody, by choice, at a single endpoint', async () => {
    const emulator = await withInstance();
    emulator.faults.next(
      { kind: 'wrongId', item: (item) => item.type === 'agent_spans/create' },
      { on: 'single' },
    );
    const reply = await post(emulator, 'agent_spans', { details: span({ id: SPAN }) });
    expect(at(reply.body, 'details', 'id')).not.toBe(SPAN);
  });
});

describe('which request', () => {
  test('faults fire in their order, one for each request', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'status', status: 500 }, { times: 2 });
    emulator.faults.next({ kind: 'status', status: 429 });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await bulk(emulator, create('key-00001'))).status);
    expect(statuses).toEqual([500, 500, 429, 200]);
    expect(emulator.report().faults).toEqual({ status: 3 });
  });

  test('a fault waits for a request of its kind', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'status', status: 401 }, { on: 'ping' });
    emulator.faults.next({ kind: 'status', status: 500 }, { on: 'single' });
    expect((await bulk(emulator, create('key-00001'))).status).toBe(200);
    expect((await get(emulator, 'ping')).status).toBe(401);
    expect((await get(emulator, `agent_spans/${SPAN}`)).status).toBe(500);
  });

  test('an outage lasts until it is cleared', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'dropBefore' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
    for (let i = 0; i < 3; i++) await expect(get(emulator, 'ping')).rejects.toThrow(DROPPED);
    await expect(bulk(emulator, create('key-00001'))).rejects.toThrow(DROPPED);
    emulator.faults.clear();
    expect((await get(emulator, 'ping')).status).toBe(200);
  });

  test('a fault comes before the check of the request, as from a proxy', async () => {
    const emulator = await withInstance();
    emulator.faults.next({ kind: 'status', status: 503 });
    expect((await post(emulator, 'bulk', {})).status).toBe(503);
    expect(emulator.report().breaches).toHaveLength(1);
  });
});
