// waitUntil, for serverless runtimes.
import { expect, test } from 'vitest';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { span } from '../helpers/spans.ts';

function watcher() {
  const periods: { isOver: boolean }[] = [];
  return {
    periods,
    waitUntil: (work: Promise<unknown>) => {
      const period = { isOver: false };
      periods.push(period);
      void work.finally(() => {
        period.isOver = true;
      });
    },
  };
}

test('it is given one promise for each time that work is under way', async () => {
  const { periods, waitUntil } = watcher();
  const t = await harness({ waitUntil });
  expect(periods).toEqual([]);
  void t.spans('a', 'b');
  await t.pass(10);
  void t.span('c');
  expect(periods).toEqual([{ isOver: false }]);
  await t.settled();
  expect(periods).toEqual([{ isOver: true }]);
  void t.span('d');
  expect(periods).toEqual([{ isOver: true }, { isOver: false }]);
  await t.settled();
  expect(periods).toEqual([{ isOver: true }, { isOver: true }]);
});

test('it is told again where all that was in a window was aborted, and another call comes into it', async () => {
  const { periods, waitUntil } = watcher();
  const t = await harness({ waitUntil, batch: { window: 10 } });
  const abort = new AbortController();
  const { signal } = abort;
  const aborted = t.client.agentSpans.create(span('a'), { signal });
  abort.abort();
  expect(await outcomes(aborted)).toEqual(['AbortError']);
  expect(periods).toEqual([{ isOver: true }]);
  const b = t.span('b');
  expect(periods).toEqual([{ isOver: true }, { isOver: false }]);
  await t.settled();
  expect(await outcomes(b)).toEqual(['ok']);
  expect(periods).toEqual([{ isOver: true }, { isOver: true }]);
});

test('it covers retries, and resolves though calls fail', async () => {
  const { periods, waitUntil } = watcher();
  const t = await harness({ waitUntil });
  t.emulator.faults.next({ kind: 'dropBefore' });
  t.refuse('a');
  void t.span('a');
  await t.pass(20);
  expect(periods).toEqual([{ isOver: false }]);
  await t.settled();
  expect(periods).toEqual([{ isOver: true }]);
});

test('a batch that the caller has packed is work too', async () => {
  const { periods, waitUntil } = watcher();
  const t = await harness({ waitUntil });
  void t.client.bulk.execute({ items: [{ _type: 'agents/list', idempotency_key: 'list-agents' }] });
  expect(periods).toEqual([{ isOver: false }]);
  await t.settled();
  expect(periods).toEqual([{ isOver: true }]);
});

test('where it throws, the calls go on, and the log says so', async () => {
  const t = await harness({
    waitUntil: () => {
      throw new Error('no request is being handled');
    },
  });
  const a = t.span('a');
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
  expect(t.log.entries[0]).toEqual([
    'warn',
    expect.stringMatching(/waitUntil failed.*\(promise\) => ctx\.waitUntil\(promise\), not/),
    expect.any(Error),
  ]);
});
