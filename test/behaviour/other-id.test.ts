// details.id of the answer stays the truth.
import { expect, test } from 'vitest';
import { PrefactorDependencyError } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf, span } from '../helpers/spans.ts';

test('those that wait are rejected, and later calls by reference use the answer', async () => {
  const t = await harness({ batch: { maxItems: 1 } });
  t.emulator.faults.next({ kind: 'wrongId', item: keyOf('root') });
  const root = t.span('root', { status: 'active' });
  const waiting = t.span('waiting', { parentSpanId: root });
  await t.settled();
  const { id } = await root;
  expect(id).not.toBe(root.id);
  const error = await failureOf(waiting);
  expect(error).toBeInstanceOf(PrefactorDependencyError);
  expect(error).toMatchObject({
    maybeApplied: false,
    resourceId: root.id,
    message: expect.stringMatching(/got another id .* Pass calls or results instead of ids/),
  });
  // The emulator's state has the first id, so it knows no span by the other one: what counts here
  // is which id is sent.
  for (const [name, reference] of [
    ['by-call', root],
    ['by-id', root.id],
    ['by-result', await root],
  ] as const) {
    void t.client.agentSpans.create(span(name, { parentSpanId: reference }));
  }
  void t.client.agentSpans.finish(root, { idempotencyKey: keyOf('end') });
  await t.settled();
  const later = t.actions().slice(1);
  expect(later.map(({ idempotency_key }) => idempotency_key)).toHaveLength(4);
  for (const action of later) {
    const { parent_span_id } = (action['details'] ?? {}) as Record<string, unknown>;
    expect(parent_span_id ?? action['agent_span_id']).toBe(id);
  }
});

test('what was sent along with the create stands by its own outputs', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'wrongId', item: keyOf('root') });
  const root = t.span('root', { status: 'active' });
  const child = t.span('child', { parentSpanId: root });
  await t.settled();
  expect(await outcomes(root, child)).toEqual(['ok', 'ok']);
});
