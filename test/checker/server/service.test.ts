/** The second server against docs/internals/api.md itself, so that it is right for reasons of its own. */
import { describe, expect, test } from 'vitest';
import type { ServerWays } from '../plan.ts';
import { planFrom, TOKEN } from '../plan.ts';
import { own } from './items.ts';
import { Service } from './service.ts';

const RUN = '01k4ca11er00part0000000000000001';

test('items run in order, each by itself, up to the first error', () => {
  const server = serverWith({});
  const outputs = server.send([register('a'), span('b'), { ...span('c'), details: {} }, span('d')]);
  expect(Object.keys(outputs)).toEqual(['key-of-a', 'key-of-b', 'key-of-c']);
  expect(own(outputs['key-of-c'], 'code')).toBe('validation_errors');
  expect(server.done()).toEqual(['a', 'b']);
});

describe('the same key again', () => {
  test('gives the first answer, and does nothing', () => {
    const server = serverWith({ repeats: 'replay' });
    const first = server.send([register('a')]);
    expect(server.send([register('a')])).toEqual(first);
    expect(server.done()).toEqual(['a']);
  });

  test('or is refused, as the list of codes has it', () => {
    const server = serverWith({ repeats: 'refuse' });
    server.send([register('a')]);
    const again = server.send([register('a'), span('b')]);
    expect(own(again['key-of-a'], 'code')).toBe('idempotency_key_already_used');
    expect(server.done()).toEqual(['a']);
  });

  test('is refused with other content in either way', () => {
    const server = serverWith({ repeats: 'replay' });
    server.send([register('a')]);
    const again = server.send([{ ...register('a'), purpose: 'eval' }]);
    expect(own(again['key-of-a'], 'code')).toBe('idempotency_key_already_used');
  });
});

test('a body that is too large, and too many items, are refused as a whole', () => {
  const server = serverWith({ maxItems: 1, maxBytes: 400 });
  expect(server.statusOf([register('a'), span('b')])).toBe(422);
  expect(server.statusOf([{ ...register('a'), purpose: 'x'.repeat(400) }])).toBe(413);
  expect(server.done()).toEqual([]);
});

function serverWith(ways: Partial<ServerWays>) {
  const plan = planFrom(1, new Set());
  const service = new Service(
    { ...plan, ways: { ...plan.ways, faults: 0, fates: 0, ...ways } },
    { now: () => 0, wallNow: () => 0, token: TOKEN, tell: () => undefined },
  );
  const answerTo = (items: readonly object[]) => {
    const { answer } = service.handle(1, JSON.stringify({ items }), `Bearer ${TOKEN}`);
    if (!('body' in answer)) throw new Error('There is no answer.');
    return answer;
  };
  return {
    statusOf: (items: readonly object[]) => answerTo(items).status,
    send: (items: readonly object[]) =>
      own(JSON.parse(answerTo(items).body), 'outputs') as Record<string, unknown>,
    done: () => service.effects.map(({ item }) => item.marker),
  };
}

function register(marker: string) {
  return {
    _type: 'agent_instances/register',
    idempotency_key: `key-of-${marker}`,
    id: RUN,
    agent_version: { external_identifier: marker },
  };
}

function span(marker: string) {
  const details = {
    agent_instance_id: RUN,
    schema_name: 'x',
    status: 'active',
    payload: { marker },
  };
  return { _type: 'agent_spans/create', idempotency_key: `key-of-${marker}`, details };
}
