import { expect, test } from 'vitest';
import type { SpanKind } from '../../bench/contenders/span.ts';
import { keyed, spansOf } from '../../bench/contenders/span.ts';
import { toItem } from '../../bench/contenders/wire.ts';
import { obey, succeed } from '../../bench/server/bulk.ts';
import { isPfid } from '../../src/ids/pfid.ts';

const kinds = [
  { kind: 'complete', isNative: true, status: 'complete', finishedAt: expect.any(String) },
  { kind: 'open', isNative: false, status: 'active', finishedAt: null },
] as const;

test.for(kinds)('the run of $kind spans has an id of the kind it is said to have', (so) => {
  const { agentInstanceId, status } = spansOf(325, so.kind)(0);
  expect([isPfid(agentInstanceId), status]).toEqual([so.isNative, so.status]);
});

test.for(
  kinds.flatMap((so) => [
    { ...so, rules: succeed },
    { ...so, rules: obey },
  ]),
)('the server of the bench answers $kind spans in keeping, by $rules.name', (so) => {
  const { kind, isNative, status, finishedAt, rules } = so;
  const items = [0, 1].map((index) => toItem(spansOf(325, kind)(index)));
  const { outputs } = JSON.parse(rules(Buffer.from(JSON.stringify({ items }))).text);
  const answers = items.map((item) => outputs[item.idempotency_key].details);
  expect(answers).toMatchObject(
    items.map(() => ({ agent_instance_id: instanceOf(kind), status, finished_at: finishedAt })),
  );
  expect(answers.map(({ id }) => isPfid(id))).toEqual([isNative, isNative]);
  expect(answers[0].id).not.toBe(answers[1].id);
});

function instanceOf(kind: SpanKind): string {
  return spansOf(325, kind)(0).agentInstanceId;
}

test('a key of the caller’s is the item’s, and no two are the same', () => {
  const make = keyed(spansOf(325, 'open'));
  const spans = [make(0), make(1), make(0)];
  expect(new Set(spans.map(({ key }) => key)).size).toBe(3);
  expect(spans.map((span) => toItem(span).idempotency_key)).toEqual(spans.map(({ key }) => key));
});
