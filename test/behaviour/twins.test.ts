// A second create of what exists changes nothing for the first.
import { describe, expect, test } from 'vitest';
import type { ActionPromise, AgentSpan } from '../../src/index.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf, span } from '../helpers/spans.ts';

const ID = '01k3zxw0000000a1b2c300000000000c';
const RUN = '01k3zxw0000000a1b2c300000000000d';

/** A second create of the span `ID`, and how it ends. */
const ways: readonly [string, string, (t: Harness) => ActionPromise<AgentSpan>][] = [
  [
    'with a payload that cannot be written',
    'PrefactorInvalidArgumentError',
    (t) => t.span('again', { id: ID, status: 'active', payload: { n: 1n } }),
  ],
  [
    'with a field that is not known',
    'PrefactorInvalidArgumentError',
    (t) => t.span('again', { id: ID, stats: 'active' } as object),
  ],
  [
    'under a parent that was never made',
    'PrefactorDependencyError',
    (t) => t.span('again', { id: ID, parentSpanId: t.span('invalid', { schemaName: '' }) }),
  ],
  [
    'that the API finds invalid for its id alone',
    'PrefactorValidationError',
    (t) => {
      t.refuse('again', { code: 'validation_errors', errors: { id: ['has already been taken'] } });
      return t.span('again', { id: ID, status: 'active' });
    },
  ],
  [
    'that the API refuses for anything else',
    'PrefactorApiError',
    (t) => {
      t.refuse('again', { code: 'not_implemented' });
      return t.span('again', { id: ID, status: 'active' });
    },
  ],
];

describe.each(['client', 'server'] as const)('with ids: %s', (ids) => {
  test.each(ways)(
    'a second create %s leaves the first to its children and its finish',
    async (_, name, second) => {
      const t = await harness({ ids });
      const first = t.span('first', { id: ID, status: 'active' });
      await t.settled();
      const again = second(t);
      const child = t.span('child', { parentSpanId: ID });
      const end = t.client.agentSpans.finish(first);
      await t.settled();
      expect(await outcomes(first, again, child, end)).toEqual(['ok', name, 'ok', 'ok']);
      const { spans } = t.emulator.snapshot().instances[INSTANCE] ?? {};
      expect(Object.values(spans ?? {}).map(({ status }) => status)).not.toContain('active');
    },
  );

  test.each(ways)('so it does while the first is in flight: %s', async (_, name, second) => {
    const t = await harness({ ids, batch: { maxItems: 1 } });
    const first = t.span('first', { id: ID, status: 'active' });
    await t.settle();
    const again = second(t);
    const child = t.span('child', { parentSpanId: first });
    const end = t.client.agentSpans.finish(ID);
    await t.settled();
    expect(await outcomes(first, again, child, end)).toEqual(['ok', name, 'ok', 'ok']);
  });

  test('a repeat under the same key that finds the queue full changes nothing', async () => {
    const t = await harness({ ids, queue: { maxItems: 3 } });
    const first = t.span('first', { status: 'active' });
    await t.settled();
    const others = t.spans('a', 'b', 'c');
    const again = t.span('first', { status: 'active' });
    const end = t.client.agentSpans.finish(first);
    await t.settled();
    expect(await outcomes(again, end, ...others)).toEqual([
      'PrefactorQueueFullError',
      ...Array(4).fill('ok'),
    ]);
  });
});

test('a second registration that is aborted leaves the run to its spans', async () => {
  const t = await harness({ batch: { window: 5 } });
  const run = t.client.agentInstances.register({ id: RUN });
  void t.client.agentInstances.start(run);
  await t.settled();
  const abort = new AbortController();
  const again = t.client.agentInstances.register({ id: RUN }, { signal: abort.signal });
  const waiting = t.span('waiting', { agentInstanceId: run });
  abort.abort();
  const later = t.span('later', { agentInstanceId: RUN });
  const end = t.client.agentInstances.finish(run);
  await t.settled();
  expect(await outcomes(again, waiting, later, end)).toEqual(['AbortError', 'ok', 'ok', 'ok']);
});

test('what an action of your own makes has a second maker, too', async () => {
  const t = await harness();
  t.allowBreaches();
  const action = { _type: 'agents/list' };
  const first = t.client.submit(action, { makes: 'the list' });
  await t.settled();
  t.emulator.faults.refuse((item) => item.key === keyOf('again'));
  const again = t.client.submit(
    { ...action, idempotency_key: keyOf('again') },
    { makes: 'the list' },
  );
  const user = t.client.submit(action, { uses: ['the list'] });
  await t.settled();
  expect(await outcomes(first, again, user)).toEqual(['ok', 'PrefactorValidationError', 'ok']);
});

test('what was given another id is known by that, when a create of the first id fails', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'wrongId', item: keyOf('first') });
  const first = t.span('first', { id: ID, status: 'active' });
  await t.settled();
  const { id } = await first;
  t.refuse('again');
  const again = t.span('again', { id: ID });
  void t.client.agentSpans.create(span('child', { parentSpanId: first }));
  await t.settled();
  expect(await outcomes(again)).toEqual(['PrefactorValidationError']);
  expect(t.actions().at(-1)).toMatchObject({ details: { parent_span_id: id } });
});
