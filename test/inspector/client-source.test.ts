import { expect, test } from 'vitest';
import { clientSource } from '../../src/inspector/client-source.ts';
import { Recording } from '../../src/inspector/recording.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness } from '../helpers/harness.ts';
import { keyOf } from '../helpers/spans.ts';

function watched(t: Harness): Recording {
  const recording = new Recording();
  clientSource(t.client, Date.now).watch(recording);
  return recording;
}

test('a batch with a failure is drawn as it went, and the next one carries what was skipped', async () => {
  const t = await harness();
  const recording = watched(t);
  t.refuse('c');
  t.spans('a', 'b', 'c', 'd', 'e');
  await t.settled();
  expect(recording.all().lanes).toMatchObject([
    { number: 1, runs: '2s1f2k', status: 200, ms: 20, from: [] },
    { number: 2, runs: '2s', reason: 'requeue', from: [[1, 2]] },
  ]);
  expect(recording.all().failures).toMatchObject([
    { lane: 1, place: 2, key: keyOf('c'), type: 'agent_spans/create' },
  ]);
});

test('children of a failed span are dropped, whether they were in its request or in none', async () => {
  const t = await harness({ batch: { maxItems: 2 } });
  const recording = watched(t);
  t.refuse('root');
  const root = t.span('root');
  for (const name of ['child', 'other', 'third']) void t.span(name, { parentSpanId: root });
  await t.settled();
  expect(recording.all().lanes).toMatchObject([{ runs: '1f1d', dropped: 2 }]);
  expect(recording.all().failures.map(({ outcome }) => outcome)).toEqual([
    'failed',
    'dropped',
    'dropped',
    'dropped',
  ]);
  expect(recording.all().failures[1]?.causes).toMatchObject([{ name: 'PrefactorValidationError' }]);
});

test('a request without an answer says why, and all its items go again', async () => {
  const t = await harness();
  const recording = watched(t);
  t.emulator.faults.next({ kind: 'status', status: 503 });
  t.spans('a', 'b');
  await t.settled();
  expect(recording.all().lanes).toMatchObject([
    { runs: '2a', status: 503, cause: expect.stringContaining('503') },
    { runs: '2s', from: [[1, 2]] },
  ]);
});

test('a batch that is halved is drawn as sent again', async () => {
  const t = await harness({ batch: { concurrency: 1 } }, { maxItems: 2 });
  t.allowBreaches();
  const recording = watched(t);
  t.spans('a', 'b', 'c', 'd');
  await t.settled();
  const { lanes } = recording.all();
  expect(lanes[0]?.runs).toBe('4a');
  expect(lanes.slice(1).map(({ runs }) => runs)).toEqual(['2s', '1s', '1s']);
});

test('a client that is closed in time-out leaves no request in flight', async () => {
  const t = await harness();
  const recording = watched(t);
  void t.span('a');
  await t.settle();
  expect(recording.inFlight).toBe(1);
  void t.client.close({ timeoutMs: 0 });
  await t.settled();
  expect(recording.inFlight).toBe(0);
  expect(recording.all().failures).toMatchObject([
    { lane: 1, error: { name: 'PrefactorClosedError' } },
  ]);
});

test('a packed batch is a request like others', async () => {
  const t = await harness();
  const recording = watched(t);
  await t.settle();
  void t.client.bulk.execute({
    items: [
      { _type: 'agents/show', idempotency_key: 'packed-one' },
      { _type: 'agents/show', idempotency_key: 'packed-two' },
    ],
  });
  await t.settled();
  expect(recording.all().lanes).toMatchObject([{ reason: 'packed', items: 2, runs: '2s' }]);
});

test('the outcomes of a response add up to its counts, in the order of its keys', async () => {
  const t = await harness();
  const told: unknown[] = [];
  t.client.on('response', ({ succeeded, failed, returned, outcomes }) => {
    told.push({ succeeded, failed, returned }, outcomes());
  });
  t.refuse('b');
  const root = t.span('b');
  t.spans('a');
  void t.span('child', { parentSpanId: root });
  await t.settled();
  expect(told.slice(0, 2)).toEqual([
    { succeeded: 0, failed: 1, returned: 2 },
    ['failed', 'returned', 'returned'],
  ]);
});

test('when it is let go, the client has no listener left', async () => {
  const t = await harness();
  const recording = new Recording();
  const stop = clientSource(t.client, Date.now).watch(recording);
  stop();
  void t.span('a');
  await t.settled();
  expect(recording.all().lanes).toEqual([]);
});
