import { describe, expect, test } from 'vitest';
import type { Name } from '../../src/coalescer/index.ts';
import type { Dependencies } from '../../src/pipeline/dependency-tracker.ts';
import { DependencyTracker, PendingId } from '../../src/pipeline/dependency-tracker.ts';
import type { WireKind } from '../../src/schemas/action.ts';
import { finishAgentInstance, registerAgentInstance } from '../../src/schemas/agent-instances.ts';
import { createAgentSpan, finishAgentSpan } from '../../src/schemas/agent-spans.ts';

test('it is bounded: beyond 100,000 spans the oldest may count as never seen', () => {
  const tracker = newTracker();
  for (let n = 0; n < 300_010; n++) tracker.addSpan(`span ${n}`, 'run');
  expect(tracker.instanceOf('span 2')).toBeUndefined();
  expect(tracker.instanceOf('span 200010')).toBe('run');
  expect(tracker.size).toBeLessThanOrEqual(200_002);
});

test('spans that were finished meanwhile are not counted', () => {
  const tracker = newTracker();
  tracker.addSpan('the first', 'run');
  for (let n = 0; n < 200_000; n++) {
    tracker.addSpan(`span ${n}`, 'run');
    tracker.endSpan(`span ${n}`);
  }
  expect(tracker.instanceOf('the first')).toBe('run');
});

test('instances are bounded as well, and their spans go with them', () => {
  const tracker = newTracker();
  tracker.addSpan('span', 'run 0');
  for (let n = 0; n < 300_000; n++) tracker.addInstance(`run ${n}`);
  expect(tracker.hasMade('run 0')).toBe(false);
  expect(tracker.instanceOf('span')).toBeUndefined();
  expect(tracker.hasMade('run 200000')).toBe(true);
});

test('nothing is left of runs that have ended', () => {
  const tracker = newTracker();
  for (let n = 0; n < 1_000; n++) {
    tracker.addInstance(`run ${n}`);
    tracker.addSpan(`a ${n}`, `run ${n}`);
    tracker.addSpan(`b ${n}`, `run ${n}`);
    tracker.endSpan(`a ${n}`);
    tracker.endInstance(`run ${n}`);
  }
  expect(tracker.size).toBe(0);
});

test('what is left of them is never more than what is alive', () => {
  const tracker = newTracker();
  for (let n = 0; n < 10; n++) tracker.addSpan(`alive ${n}`, 'alive');
  for (let n = 0; n < 1_000; n++) {
    tracker.addSpan(`span ${n}`, `run ${n}`);
    tracker.endInstance(`run ${n}`);
    expect(tracker.instanceOf(`span ${n}`)).toBeUndefined();
    expect(tracker.size).toBeLessThanOrEqual(2 * 10 + 1);
  }
  expect(tracker.instanceOf('alive 0')).toBe('alive');
});

test('an instance that nobody registered here is forgotten with its last span', () => {
  const tracker = newTracker();
  tracker.addSpan('span', 'run');
  tracker.endSpan('span');
  expect(tracker.size).toBe(0);
});

test('a span that is made anew belongs to its new instance', () => {
  const tracker = newTracker();
  tracker.addSpan('span', 'run 1');
  tracker.addSpan('span', 'run 2');
  expect(tracker.instanceOf('span')).toBe('run 2');
  tracker.endSpan('span');
  expect(tracker.size).toBe(0);
});

test('a resource goes on under its id', () => {
  const tracker = newTracker();
  const [run, span] = [1, 2];
  tracker.addInstance(run);
  tracker.addSpan(span, run);
  tracker.rename(span, 'span id');
  expect(tracker.instanceOf('span id')).toBe(run);
  tracker.rename(run, 'run id');
  expect(tracker.instanceOf('span id')).toBe('run id');
  expect(tracker.hasMade('run id')).toBe(true);
  tracker.endInstance('run id');
  expect(tracker.size).toBe(0);
});

describe('a span whose id is not known yet', () => {
  test('belongs to its instance until it is finished', () => {
    const tracker = newTracker();
    const span = 2;
    tracker.addSpan(span, 'run');
    expect(tracker.instanceOf(span)).toBe('run');
    tracker.endSpan(span);
    expect(tracker.instanceOf(span)).toBeUndefined();
    expect(tracker.size).toBe(0);
  });

  test('is not remembered by its id, when the instance has ended meanwhile', () => {
    const tracker = newTracker();
    const span = 2;
    tracker.addSpan(span, 'run');
    tracker.endInstance('run');
    expect(tracker.instanceOf(span)).toBeUndefined();
    tracker.rename(span, 'span id');
    expect(tracker.instanceOf('span id')).toBeUndefined();
    expect(tracker.size).toBe(0);
  });

  test('of ended instances keeps nobody from being forgotten', () => {
    const tracker = newTracker();
    const spans = Array.from({ length: 1_000 }, (_, at) => at);
    for (const [at, span] of spans.entries()) tracker.addSpan(span, `run ${at}`);
    for (const at of spans.keys()) tracker.endInstance(`run ${at}`);
    for (const span of spans) tracker.endSpan(span);
    tracker.addSpan('span', 'another run');
    tracker.endInstance('another run');
    expect(tracker.size).toBe(0);
  });
});

/** Dependencies that are told of what they are told by calls; what goes by a number has no id yet. */
function newTracker() {
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
