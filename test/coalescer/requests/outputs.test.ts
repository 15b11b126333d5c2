import { expect, test, vi } from 'vitest';
import type { Outputs } from '../../../src/coalescer/ports/sender.ts';
import { outcomesOf } from '../../../src/coalescer/requests/outputs.ts';
import { readOutput, submission } from '../../helpers/engine.ts';
import { no, ok } from '../../helpers/scripted-send.ts';

test.each([
  {
    name: 'all are successes',
    outputs: { a: ok(), b: ok(), c: ok() },
    are: ['success', 'success', 'success'],
  },
  {
    name: 'the first fails',
    outputs: { a: no('bad') },
    are: ['error', 'skipped by a', 'skipped by a'],
  },
  {
    name: 'one in the middle fails',
    outputs: { a: ok(), b: no('bad') },
    are: ['success', 'error', 'skipped by b'],
  },
  {
    name: 'the last fails',
    outputs: { a: ok(), b: ok(), c: no('bad') },
    are: ['success', 'success', 'error'],
  },
  {
    name: 'one is left out',
    outputs: { a: ok(), c: ok() },
    are: ['success', 'missing', 'success'],
  },
  { name: 'all are left out', outputs: {}, are: ['missing', 'missing', 'missing'] },
  {
    name: 'one is left out before a failure',
    outputs: { b: no('bad') },
    are: ['missing', 'error', 'skipped by b'],
  },
  {
    name: 'the server went on',
    outputs: { a: no('bad'), c: ok() },
    are: ['error', 'skipped by a', 'success'],
  },
  {
    name: 'two fail',
    outputs: { a: no('bad'), b: no('bad') },
    are: ['error', 'error', 'skipped by a'],
  },
  {
    name: 'one cannot be read, which stops nobody',
    outputs: { a: 7 },
    are: ['malformed', 'missing', 'missing'],
  },
  {
    name: 'others are answered',
    outputs: { x: no('bad'), a: ok(), b: ok(), c: ok() },
    are: ['success', 'success', 'success'],
  },
])('$name', ({ outputs, are }) => {
  expect(outcomes(['a', 'b', 'c'], outputs)).toEqual(are);
});

test.each([
  { name: 'all of them', list: [ok(), ok(), ok()], are: ['success', 'success', 'success'] },
  {
    name: 'those before an error',
    list: [ok(), no('bad')],
    are: ['success', 'error', 'skipped by b'],
  },
  { name: 'less, though none has failed', list: [ok()], are: ['success', 'missing', 'missing'] },
  { name: 'one that says nothing', list: [undefined], are: ['malformed', 'missing', 'missing'] },
  { name: 'none', list: [], are: ['missing', 'missing', 'missing'] },
  { name: 'more than all', list: [ok(), ok(), ok(), ok()], are: ['success', 'success', 'success'] },
])('a list has the outputs of the first items: $name', ({ list, are }) => {
  expect(outcomes(['a', 'b', 'c'], list)).toEqual(are);
});

test('what every object inherits is no output', () => {
  const keys = ['toString', 'constructor', '__proto__'];
  expect(outcomes(keys, {})).toEqual(['missing', 'missing', 'missing']);
});

test('a key may be any word', () => {
  const outputs = JSON.parse('{"__proto__":{"ok":true},"constructor":{"ok":false}}');
  expect(outcomes(['__proto__', 'constructor'], outputs)).toEqual(['success', 'error']);
});

test('nothing is changed by being judged', () => {
  const outputs = Object.freeze({ a: Object.freeze({ ok: false, code: 'bad' }) });
  const item = submission('a');
  expect(outcomesOf([item], outputs, readOutput, () => 'r1')).toEqual([
    {
      kind: 'output',
      item,
      output: outputs.a,
      verdict: { kind: 'error', code: 'bad' },
      requestId: 'r1',
    },
  ]);
});

test('how the server names the request is asked for only where an item has failed', () => {
  const items = ['a', 'b', 'c'].map((key) => submission(key));
  const asked = vi.fn(() => 'r1');
  outcomesOf(items, [ok(), ok(), ok()], readOutput, asked);
  expect(asked).not.toHaveBeenCalled();
  const [, failed, skipped] = outcomesOf(items, [ok(), no('bad')], readOutput, asked);
  expect(failed).toMatchObject({ kind: 'output', requestId: 'r1' });
  expect(skipped).toMatchObject({ kind: 'skipped', because: { reason: { requestId: 'r1' } } });
  expect(outcomesOf(items, [], readOutput, asked)).toMatchObject(
    items.map(() => ({ kind: 'missing', requestId: 'r1' })),
  );
});

function outcomes(keys: readonly string[], outputs: Outputs): string[] {
  return outcomesOf(
    keys.map((key) => submission(key)),
    outputs,
    readOutput,
    () => undefined,
  ).map((outcome) => {
    if (outcome.kind === 'output') return outcome.verdict.kind;
    return outcome.kind === 'skipped' ? `skipped by ${outcome.because.key}` : 'missing';
  });
}
