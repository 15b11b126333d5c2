// Faults at the single endpoints: one by one, at random, and at one of them only.

import { describe, expect, test } from 'vitest';
import type { Emulator, FaultTarget, SingleEndpoint } from '../../../src/testing/index.ts';
import { bulk, create, get, INSTANCE, post, SPAN, span, withSpan } from '../helpers.ts';

const QUERY = `agent_instance_id=${INSTANCE}&start_time=2026-09-01T00:00:00Z&end_time=2026-09-02T00:00:00Z`;
const INSTANCE_PATH = `agent_instance/${INSTANCE}`;

/** How each single endpoint is asked. */
const ENDPOINTS: Readonly<Record<SingleEndpoint, (emulator: Emulator) => Promise<unknown>>> = {
  'agent_instances/register': (emulator) => post(emulator, 'agent_instance/register', {}),
  'agent_instances/start': (emulator) => post(emulator, `${INSTANCE_PATH}/start`, {}),
  'agent_instances/finish': (emulator) => post(emulator, `${INSTANCE_PATH}/finish`, {}),
  'agent_instances/record_quality': (emulator) =>
    post(emulator, `${INSTANCE_PATH}/record_quality`, { name: 'tone', payload: null }),
  'agent_instances/terminate': (emulator) =>
    post(emulator, `${INSTANCE_PATH}/terminate`, { reason: 'x' }),
  'agent_instances/show': (emulator) => get(emulator, INSTANCE_PATH),
  'agent_spans/create': (emulator) => post(emulator, 'agent_spans', { details: span() }),
  'agent_spans/finish': (emulator) => post(emulator, `agent_spans/${SPAN}/finish`, {}),
  'agent_spans/show': (emulator) => get(emulator, `agent_spans/${SPAN}`),
  'agent_spans/list': (emulator) => get(emulator, `agent_spans?${QUERY}`),
  'pfid/generate': (emulator) => post(emulator, 'pfid/generate', { count: 1 }),
};
const NAMES = Object.keys(ENDPOINTS) as SingleEndpoint[];

/** Asks all of them, ping and bulk, and gives which had a 507. */
async function met(emulator: Emulator): Promise<string[]> {
  const asked: [string, (emulator: Emulator) => Promise<unknown>][] = [
    ...Object.entries(ENDPOINTS),
    ['ping', (one) => get(one, 'ping')],
    ['bulk', (one) => bulk(one, create('key-00001'), create('key-00002'))],
  ];
  const names: string[] = [];
  for (const [name, ask] of asked) {
    const reply = await ask(emulator);
    if ((reply as { status: number }).status === 507) names.push(name);
  }
  return names;
}

const cases: readonly [on: FaultTarget, met: readonly string[]][] = [
  ...NAMES.map((name): [FaultTarget, string[]] => [name, [name]]),
  ['single', NAMES],
  ['ping', ['ping']],
  ['bulk', ['bulk']],
  ['any', [...NAMES, 'ping', 'bulk']],
];

describe.each(cases)('on %s', (on, all) => {
  test('a fault meets the next of those requests, and no other', async () => {
    const emulator = await withSpan();
    emulator.faults.next({ kind: 'status', status: 507 }, { on });
    expect(await met(emulator)).toEqual(all.slice(0, 1));
  });

  test('a plan meets all of those, and no others', async () => {
    const faults = { rates: { status: 1 }, statuses: [507], on };
    const emulator = await withSpan();
    const planned = await withSpan({ faults });
    expect(await met(emulator)).toEqual([]);
    expect(await met(planned)).toEqual(all);
  });
});

test.each(NAMES)('an action of %s can be refused', async (name) => {
  const emulator = await withSpan({ tokenKind: 'account' });
  emulator.faults.refuse(({ type }) => type === name, { code: 'temporarily_unavailable' });
  expect(await ENDPOINTS[name](emulator)).toMatchObject({
    status: 503,
    body: { code: 'temporarily_unavailable' },
  });
});

test.each(NAMES)('an action of %s can poison its request', async (name) => {
  const emulator = await withSpan();
  emulator.faults.poison(({ type }) => type === name, { kind: 'dropBefore' });
  await expect(ENDPOINTS[name](emulator)).rejects.toThrow('fetch failed');
});

test.each(['omit', 'extra'] as const)(
  'what befalls outputs (%s) leaves single requests alone, and is not counted there',
  async (kind) => {
    const emulator = await withSpan({ faults: { rates: { [kind]: 1 }, on: 'any' } });
    expect(await get(emulator, 'ping')).toMatchObject({ status: 200 });
    expect(emulator.report().faults).toEqual({});
    await bulk(emulator, create('key-00001'));
    expect(emulator.report().faults).toEqual({ [kind]: 1 });
  },
);

test('a run of a client that knows no bulk requests meets the faults of a plan', async () => {
  const emulator = await withSpan({ faults: { rates: { dropAfter: 0.3 }, on: 'single', seed: 4 } });
  let dropped = 0;
  for (let i = 0; i < 40; i++) {
    const body = { details: span(), idempotency_key: `key-${i}` };
    const attempt = (): Promise<unknown> => post(emulator, 'agent_spans', body);
    await attempt().catch(() => {
      dropped += 1;
      return attempt().catch(() => {});
    });
  }
  const { effects, faults } = emulator.report();
  expect(dropped).toBeGreaterThan(0);
  expect(faults['dropAfter']).toBeGreaterThanOrEqual(dropped);
  expect([...effects.values()]).toEqual(Array.from({ length: 40 }, () => 1));
});
