// A run is written without one await.
import { describe, expect, test } from 'vitest';
import type { ActionPromise, AgentInstance, AgentSpan } from '../../src/index.ts';
import { PrefactorDependencyError } from '../../src/index.ts';
import { digestOf } from '../../src/recordings/state-digest.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf } from '../helpers/spans.ts';

const modes = ['client', 'server'] as const;

/** A run of three levels, its parents finished before its children; nothing is awaited. */
function wholeRun({ client }: Harness, id?: string) {
  const names = new Map<Promise<AgentInstance | AgentSpan>, string>();
  const run = client.agentInstances.register({ id, agentVersion: { name: 'Shop' } });
  names.set(run, 'run');
  const calls: Promise<unknown>[] = [run, client.agentInstances.start(run)];
  const create = (name: string, parentSpanId: ActionPromise<AgentSpan> | null) => {
    const span = client.agentSpans.create({
      agentInstanceId: run,
      parentSpanId,
      schemaName: 'agent:chain',
      status: 'active',
      payload: { name },
    });
    names.set(span, name);
    calls.push(span);
    return span;
  };
  const root = create('root', null);
  for (const branch of ['left', 'right']) {
    const parent = create(branch, root);
    const leaves = ['1', '2', '3'].map((leaf) => create(`${branch}-${leaf}`, parent));
    calls.push(client.agentSpans.finish(parent, { resultPayload: { branch } }));
    for (const leaf of leaves) calls.push(client.agentSpans.finish(leaf, { status: 'failed' }));
  }
  calls.push(client.agentSpans.finish(root));
  calls.push(client.agentInstances.recordQuality(run, { name: 'tone', payload: { score: 5 } }));
  calls.push(client.agentInstances.finish(run));
  return { calls, names };
}

async function stateAfter(t: Harness, { calls, names }: ReturnType<typeof wholeRun>) {
  await t.settled();
  expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
  const made = await Promise.all(names.keys());
  const nameOf = Object.fromEntries(
    [...names.values()].map((name, index) => [made[index]?.id ?? '', name]),
  );
  return digestOf(t.emulator.snapshot(), { ...nameOf, [INSTANCE]: 'other' });
}

test('a whole run ends in the same state whoever makes the ids', async () => {
  const states: string[] = [];
  for (const ids of modes) {
    const t = await harness({ ids });
    states.push(await stateAfter(t, wholeRun(t)));
    await t.end();
  }
  const oneByOne = await harness({ batch: { maxItems: 1, concurrency: 1 } });
  states.push(await stateAfter(oneByOne, wholeRun(oneByOne)));
  expect(new Set(states).size).toBe(1);
});

test("with ids: 'client' and the run's own id, a whole tree leaves in one request", async () => {
  const t = await harness();
  const { calls } = wholeRun(t, '01k3zxw0000000a1b2c3000000000002');
  await t.settled();
  expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
  expect(t.batches().map((batch) => batch.length)).toEqual([calls.length]);
});

test('98 spans with register, start and finish leave in at most two requests', async () => {
  const t = await harness();
  const { agentInstances, agentSpans } = t.client;
  const run = agentInstances.register({ id: '01k3zxw0000000a1b2c3000000000002' });
  const calls: Promise<unknown>[] = [run, agentInstances.start(run)];
  let parent: ActionPromise<AgentSpan> | undefined;
  for (let index = 0; index < 98; index++) {
    const span = agentSpans.create({
      agentInstanceId: run,
      parentSpanId: index % 7 === 0 ? undefined : parent,
      schemaName: 'agent:chain',
      status: 'complete',
    });
    calls.push(span);
    parent = span;
  }
  calls.push(agentInstances.finish(run));
  await t.settled();
  expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
  expect(t.batches().length).toBeLessThanOrEqual(2);
});

test('a worker that finishes what another made, and names its run, holds up the end of that run alone', async () => {
  const t = await harness();
  const other = '01k3zxw0000000a1b2c3000000000002';
  void t.client.agentInstances.register({ id: other });
  const made = t.span('made', { status: 'active' });
  await t.settled();

  const worker = t.newClient({ batch: { maxItems: 1, concurrency: 8 } });
  const { id } = await made;
  const calls = [
    worker.agentSpans.finish(id, { agentInstanceId: INSTANCE, idempotencyKey: keyOf('span') }),
    worker.agentInstances.finish(INSTANCE, { idempotencyKey: keyOf('its-run') }),
    worker.agentInstances.finish(other, { idempotencyKey: keyOf('other-run') }),
  ];
  await t.settle();
  const before = t.batches().length;
  await t.settled();
  expect(await outcomes(...calls)).toEqual(['ok', 'ok', 'ok']);
  const [, ...batches] = t.batches();
  expect(batches).toEqual([['span'], ['other-run'], ['its-run']]);
  // The other run had not waited for the answer.
  expect(before).toBe(3);
});

describe.each(modes)('ids: %s', (ids) => {
  test('an id, a result and a call are the same reference', async () => {
    const t = await harness({ ids });
    const root = t.span('root', { status: 'active' });
    const byCall = t.span('call', { parentSpanId: root });
    await t.settled();
    const result = await root;
    const byResult = t.span('result', { parentSpanId: result });
    const byId = t.span('id', { parentSpanId: result.id });
    await t.settled();
    for (const child of [byCall, byResult, byId]) {
      expect((await child).parentSpanId).toBe(result.id);
    }
  });

  test('an id is known at the call where the client made it, or was given one', async () => {
    const t = await harness({ ids });
    const given = t.span('given', { id: '01k3zxw0000000a1b2c300000000000c' });
    const made = t.span('made');
    expect(given.id).toBe('01k3zxw0000000a1b2c300000000000c');
    if (ids === 'client') expect(made.id?.slice(10, 16)).toBe(INSTANCE.slice(10, 16));
    else expect(made).not.toHaveProperty('id');
    await t.settled();
    expect((await given).id).toBe(given.id);
    if (ids === 'client') expect((await made).id).toBe(made.id);
  });

  test('no parent is null or left out', async () => {
    const t = await harness({ ids });
    const roots = [t.span('a', { parentSpanId: null }), t.span('b', { parentSpanId: undefined })];
    await t.settled();
    for (const root of roots) expect((await root).parentSpanId).toBeNull();
  });

  test('a finish that is called first thing after its create goes after it', async () => {
    const t = await harness({ ids, batch: { maxItems: 1 } });
    const root = t.span('root', { status: 'active' });
    const end = t.client.agentSpans.finish(root, { idempotencyKey: keyOf('end') });
    await t.settled();
    expect(await outcomes(root, end)).toEqual(['ok', 'ok']);
    expect(t.batches()).toEqual([['root'], ['end']]);
  });

  test("a run's finish goes after all its spans, and two runs do not wait for each other", async () => {
    const t = await harness({ ids, batch: { maxItems: 1, concurrency: 8 } });
    const runs = ['x', 'y'].map((name) => {
      const run = t.client.agentInstances.register({ idempotencyKey: keyOf(`${name}-run`) });
      const start = t.client.agentInstances.start(run, { idempotencyKey: keyOf(`${name}-start`) });
      const root = t.span(`${name}-root`, { agentInstanceId: run, status: 'active' });
      const leaf = t.span(`${name}-leaf`, { agentInstanceId: run, parentSpanId: root });
      const leafless = t.span(`${name}-other`, { agentInstanceId: run });
      const end = t.client.agentInstances.finish(run, { idempotencyKey: keyOf(`${name}-end`) });
      return [run, start, root, leaf, leafless, end];
    });
    await t.settled();
    expect(await outcomes(...runs.flat())).toEqual(runs.flat().map(() => 'ok'));
    expect(t.emulator.report().peakInFlight).toBeGreaterThan(2);
    for (const name of ['x', 'y']) {
      const order = t
        .batches()
        .flat()
        .filter((key) => key.startsWith(name));
      expect(order.at(0)).toBe(`${name}-run`);
      expect(order.at(1)).toBe(`${name}-start`);
      expect(order.at(-1)).toBe(`${name}-end`);
    }
  });

  test('what a failed create was to make is missed by all that need it, unsent', async () => {
    const t = await harness({ ids });
    t.refuse('root');
    const root = t.span('root', { status: 'active' });
    const child = t.span('child', { parentSpanId: root, status: 'active' });
    const grandchild = t.span('grandchild', { parentSpanId: child });
    const end = t.client.agentSpans.finish(root, { idempotencyKey: keyOf('end') });
    const other = t.span('other');
    await t.settled();
    expect(await outcomes(root, child, grandchild, end, other)).toEqual([
      'PrefactorValidationError',
      'PrefactorDependencyError',
      'PrefactorDependencyError',
      'PrefactorDependencyError',
      'ok',
    ]);
    const later = t.span('later', { parentSpanId: root });
    const error = await failureOf(later);
    expect(error).toBeInstanceOf(PrefactorDependencyError);
    expect(error).toMatchObject({
      code: 'DEPENDENCY_FAILED',
      idempotencyKey: keyOf('later'),
      maybeApplied: false,
      resourceId: ids === 'client' ? root.id : undefined,
      cause: { name: 'PrefactorValidationError', idempotencyKey: keyOf('root') },
    });
    expect((error as Error).cause).not.toBe(await failureOf(root));
    expect((await failureOf(grandchild)) as Error).toMatchObject({
      cause: { name: 'PrefactorValidationError', idempotencyKey: keyOf('root') },
    });
    expect(t.client.stats().ledger).toMatchObject({ accepted: 6, succeeded: 1, refused: 5 });
  });

  test('a failed register takes the whole run with it', async () => {
    const t = await harness({ ids });
    t.refuse('run');
    const run = t.client.agentInstances.register({ idempotencyKey: keyOf('run') });
    const start = t.client.agentInstances.start(run);
    const root = t.span('root', { agentInstanceId: run });
    const end = t.client.agentInstances.finish(run);
    await t.settled();
    expect(await outcomes(run, start, root, end)).toEqual([
      'PrefactorValidationError',
      ...Array(3).fill('PrefactorDependencyError'),
    ]);
    expect(t.sent).toHaveLength(1);
  });

  test('a failed start, finish or record_quality stops nobody', async () => {
    const t = await harness({ ids });
    for (const name of ['start', 'end', 'quality']) t.refuse(name);
    const run = t.client.agentInstances.register({});
    const start = t.client.agentInstances.start(run, { idempotencyKey: keyOf('start') });
    const root = t.span('root', { agentInstanceId: run, status: 'active' });
    const end = t.client.agentSpans.finish(root, { idempotencyKey: keyOf('end') });
    const leaf = t.span('leaf', { agentInstanceId: run, parentSpanId: root });
    const quality = t.client.agentInstances.recordQuality(run, {
      name: 'tone',
      payload: null,
      idempotencyKey: keyOf('quality'),
    });
    const last = t.client.agentInstances.finish(run);
    await t.settled();
    const no = 'PrefactorValidationError';
    const ends = await outcomes(run, start, root, end, leaf, quality, last);
    expect(ends).toEqual(['ok', no, 'ok', no, 'ok', no, 'ok']);
  });

  test('a create that is refused because it exists already fails alone', async () => {
    const t = await harness({ ids });
    const id = '01k3zxw0000000a1b2c300000000000c';
    t.refuse('root', { code: 'conflict' });
    const root = t.span('root', { id, status: 'active' });
    await t.settled();
    expect(await outcomes(root)).toEqual(['PrefactorConflictError']);
    const again = t.span('again', { id, status: 'active' });
    const child = t.span('child', { parentSpanId: root });
    await t.settled();
    expect(await outcomes(again, child)).toEqual(['ok', 'ok']);
  });

  test('a new create of an id whose making failed forgets that it failed', async () => {
    const t = await harness({ ids });
    const id = '01k3zxw0000000a1b2c300000000000c';
    t.refuse('first');
    const first = t.span('first', { id, status: 'active' });
    await t.settled();
    const second = t.span('second', { id, status: 'active' });
    const child = t.span('child', { parentSpanId: id });
    await t.settled();
    expect(await outcomes(first, second, child)).toEqual(['PrefactorValidationError', 'ok', 'ok']);
  });

  test('what was declined at the call is missed as well', async () => {
    const t = await harness({ ids });
    const root = t.span('root', { schemaName: '' });
    const child = t.span('child', { parentSpanId: root });
    await t.settled();
    expect(await outcomes(root, child)).toEqual([
      'PrefactorInvalidArgumentError',
      'PrefactorDependencyError',
    ]);
    expect(t.client.stats().ledger).toMatchObject({ accepted: 1, refused: 1, declined: 1 });
    expect(t.sent).toEqual([]);
  });
});

test("a span's finish that this client never saw created goes before any finish of a run", async () => {
  const t = await harness({ batch: { maxItems: 1, concurrency: 4 } });
  const other = t.newClient();
  const root = other.agentSpans.create({
    agentInstanceId: INSTANCE,
    schemaName: 'agent:llm',
    status: 'active',
  });
  await t.settled();
  const unseen = t.client.agentSpans.finish((await root).id, { idempotencyKey: keyOf('unseen') });
  const run = t.client.agentInstances.finish(INSTANCE, { idempotencyKey: keyOf('run') });
  await t.settled();
  expect(await outcomes(unseen, run)).toEqual(['ok', 'ok']);
  expect(t.batches().slice(1)).toEqual([['unseen'], ['run']]);
});
