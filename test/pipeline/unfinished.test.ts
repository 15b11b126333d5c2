import { describe, expect, test } from 'vitest';
import type { Name } from '../../src/coalescer/index.ts';
import type { Dependencies } from '../../src/pipeline/dependency-tracker.ts';
import { DependencyTracker, PendingId } from '../../src/pipeline/dependency-tracker.ts';
import type { WireKind } from '../../src/schemas/action.ts';
import { finishAgentInstance, registerAgentInstance } from '../../src/schemas/agent-instances.ts';
import { createAgentSpan, finishAgentSpan } from '../../src/schemas/agent-spans.ts';

test('it is bounded: beyond 100,000 spans the oldest may count as never seen', () => {
  const unfinished = newUnfinished();
  for (let n = 0; n < 300_010; n++) unfinished.addSpan(`span ${n}`, 'run');
  expect(unfinished.instanceOf('span 2')).toBeUndefined();
  expect(unfinished.instanceOf('span 200010')).toBe('run');
  expect(unfinished.size).toBeLessThanOrEqual(200_002);
});

test('spans that were finished meanwhile are not counted', () => {
  const unfinished = newUnfinished();
  unfinished.addSpan('the first', 'run');
  for (let n = 0; n < 200_000; n++) {
    unfinished.addSpan(`span ${n}`, 'run');
    unfinished.endSpan(`span ${n}`);
  }
  expect(unfinished.instanceOf('the first')).toBe('run');
});

test('instances are bounded as well, and their spans go with them', () => {
  const unfinished = newUnfinished();
  unfinished.addSpan('span', 'run 0');
  for (let n = 0; n < 300_000; n++) unfinished.addInstance(`run ${n}`);
  expect(unfinished.hasMade('run 0')).toBe(false);
  expect(unfinished.instanceOf('span')).toBeUndefined();
  expect(unfinished.hasMade('run 200000')).toBe(true);
});

test('nothing is left of runs that have ended', () => {
  const unfinished = newUnfinished();
  for (let n = 0; n < 1_000; n++) {
    unfinished.addInstance(`run ${n}`);
    unfinished.addSpan(`a ${n}`, `run ${n}`);
    unfinished.addSpan(`b ${n}`, `run ${n}`);
    unfinished.endSpan(`a ${n}`);
    unfinished.endInstance(`run ${n}`);
  }
  expect(unfinished.size).toBe(0);
});

test('what is left of them is never more than what is alive', () => {
  const unfinished = newUnfinished();
  for (let n = 0; n < 10; n++) unfinished.addSpan(`alive ${n}`, 'alive');
  for (let n = 0; n < 1_000; n++) {
    unfinished.addSpan(`span ${n}`, `run ${n}`);
    unfinished.endInstance(`run ${n}`);
    expect(unfinished.instanceOf(`span ${n}`)).toBeUndefined();
    expect(unfinished.size).toBeLessThanOrEqual(2 * 10 + 1);
  }
  expect(unfinished.instanceOf('alive 0')).toBe('alive');
});

test('an instance that nobody registered here is forgotten with its last span', () => {
  const unfinished = newUnfinished();
  unfinished.addSpan('span', 'run');
  unfinished.endSpan('span');
  expect(unfinished.size).toBe(0);
});

test('a span that is made anew belongs to its new instance', () => {
  const unfinished = newUnfinished();
  unfinished.addSpan('span', 'run 1');
  unfinished.addSpan('span', 'run 2');
  expect(unfinished.instanceOf('span')).toBe('run 2');
  unfinished.endSpan('span');
  expect(unfinished.size).toBe(0);
});

test('a resource goes on under its id', () => {
  const unfinished = newUnfinished();
  const [run, span] = [1, 2];
  unfinished.addInstance(run);
  unfinished.addSpan(span, run);
  unfinished.rename(span, 'span id');
  expect(unfinished.instanceOf('span id')).toBe(run);
  unfinished.rename(run, 'run id');
  expect(unfinished.instanceOf('span id')).toBe('run id');
  expect(unfinished.hasMade('run id')).toBe(true);
  unfinished.endInstance('run id');
  expect(unfinished.size).toBe(0);
});

describe('a span whose id is not known yet', () => {
  test('belongs to its instance until it is finished', () => {
    const unfinished = newUnfinished();
    const span = 2;
    unfinished.addSpan(span, 'run');
    expect(unfinished.instanceOf(span)).toBe('run');
    unfinished.endSpan(span);
    expect(unfinished.instanceOf(span)).toBeUndefined();
    expect(unfinished.size).toBe(0);
  });

  test('is not remembered by its id, when the instance has ended meanwhile', () => {
    const unfinished = newUnfinished();
    const span = 2;
    unfinished.addSpan(span, 'run');
    unfinished.endInstance('run');
    expect(unfinished.instanceOf(span)).toBeUndefined();
    unfinished.rename(span, 'span id');
    expect(unfinished.instanceOf('span id')).toBeUndefined();
    expect(unfinished.size).toBe(0);
  });

  test('of ended instances keeps nobody from being forgotten', () => {
    const unfinished = newUnfinished();
    const spans = Array.from({ length: 1_000 }, (_, at) => at);
    for (const [at, span] of spans.entries()) unfinished.addSpan(span, `run ${at}`);
    for (const at of spans.keys()) unfinished.endInstance(`run ${at}`);
    for (const span of spans) unfinished.endSpan(span);
    unfinished.addSpan('span', 'another run');
    unfinished.endInstance('another run');
    expect(unfinished.size).toBe(0);
  });
});

/** Dependencies that are told of what they are told by calls; what goes by a number has no id yet. */
function newUnfinished() {
  const pending = new Map<number, PendingId>();
  const tracker = new DependencyTracker({
    pendingId(number) {
      const known = pending.get(number) ?? new PendingId(number);
      pending.set(number, known);
      return known;
    },
  });
  const note = (kind: WireKind<unknown>, dependencies: Dependencies): void =>
    tracker.note({ kind, fields: { status: 'active' } }, dependencies, 0);
  return {
    addInstance: (makes: Name) => note(registerAgentInstance, { makes }),
    endInstance: (changes: Name) => note(finishAgentInstance, { changes }),
    addSpan: (makes: Name, instance: Name) => note(createAgentSpan, { makes, instance }),
    endSpan: (changes: Name) => note(finishAgentSpan, { changes }),
    rename: (name: Name, id: string) => tracker.learn(name, id, pending.get(Number(name))),
    instanceOf: (span: Name) => tracker.of(finishAgentSpan, [span]).instance,
    hasMade: (instance: Name) => tracker.of(finishAgentInstance, [instance]).overBound,
    get size() {
      return tracker.size;
    },
  };
}
