// Wrong options of flush and close are told, and lose nothing.
import { describe, expect, test, vi } from 'vitest';
import { PrefactorInvalidArgumentError } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';

const milliseconds = 'must be milliseconds, 0 or more (Infinity: as long as it takes), but it is';

const wrong: [string, unknown, string][] = [
  ['a number as text', { timeoutMs: '5000' }, `options.timeoutMs ${milliseconds} "5000"`],
  ['no number', { timeoutMs: Number.NaN }, `options.timeoutMs ${milliseconds} NaN`],
  ['less than nothing', { timeoutMs: -1 }, `options.timeoutMs ${milliseconds} -1`],
  ['null', { timeoutMs: null }, `options.timeoutMs ${milliseconds} null`],
  ['a BigInt', { timeoutMs: 5000n }, `options.timeoutMs ${milliseconds} 5000`],
  ['a Date', { timeoutMs: new Date(0) }, `options.timeoutMs ${milliseconds} an object`],
  [
    'a name of elsewhere',
    { timeout: 5000 },
    'options.timeout is not known here; only timeoutMs is',
  ],
  ['a number alone', 5000, 'options must be an object such as { timeoutMs: 5000 }, but it is 5000'],
  ['null alone', null, 'options must be an object such as { timeoutMs: 5000 }, but it is null'],
  [
    "a signal's name",
    'SIGTERM',
    'options must be an object such as { timeoutMs: 5000 }, but it is',
  ],
  [
    'a getter that throws',
    {
      get timeoutMs() {
        throw new Error('of the caller');
      },
    },
    'options cannot be read: to look at them throws',
  ],
];

describe.each(wrong)('%s', (_, options, complaint) => {
  test('rejects a flush, and all is sent at once', async () => {
    const t = await harness({ batch: { window: 10_000 } });
    const calls = t.spans('a', 'b');
    const flushed = t.client.flush(options as never);
    await t.settle();
    expect(t.batches()).toEqual([['a', 'b']]);
    const error = await failureOf(flushed);
    expect(error).toBeInstanceOf(PrefactorInvalidArgumentError);
    expect((error as Error).message).toContain(`Invalid call of flush: ${complaint}`);
    await t.settled();
    expect(await outcomes(...calls)).toEqual(['ok', 'ok']);
    expect(t.client.stats().ledger).toMatchObject({ accepted: 2, declined: 0 });
  });

  test('leaves a close the time that it has by itself, and is told to those who listen', async () => {
    const t = await harness({}, { latencyMs: 9_000 });
    const calls = t.spans('a', 'b');
    await t.settle();
    const told = vi.fn();
    t.client.on('failure', told);
    const closed = t.client.close(options as never);
    await t.settled();
    expect(await closed).toMatchObject({ succeeded: 2, pending: 0 });
    expect(await outcomes(...calls)).toEqual(['ok', 'ok']);
    expect(told.mock.calls).toEqual([
      [
        {
          error: expect.objectContaining({ message: expect.stringContaining(complaint) }),
          key: undefined,
          type: 'close',
        },
      ],
    ]);
  });
});

test('where nobody listens, the log hears of it', async () => {
  const t = await harness();
  await t.client.close({ timeoutMs: Number.NaN });
  expect(t.log.entries).toEqual([
    ['warn', expect.stringContaining(`Invalid call of close: options.timeoutMs ${milliseconds}`)],
  ]);
});

test('a disabled client says so as well', async () => {
  const t = await harness({ disabled: true });
  expect(await failureOf(t.client.flush({ timeoutMs: -1 }))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    issues: [{ path: 'options.timeoutMs' }],
  });
  expect(await t.client.close('now' as never)).toMatchObject({ pending: 0 });
});

test.each([
  [undefined, 'all'],
  [{}, 'all'],
  [{ timeoutMs: undefined }, 'all'],
  [{ timeoutMs: Number.POSITIVE_INFINITY }, 'all'],
  [{ timeoutMs: 2 ** 31 }, 'all'],
  [{ timeoutMs: 0 }, 'none'],
  [{ timeoutMs: 0.5 }, 'none'],
])('%j is right, and waits for %s', async (options, what) => {
  const t = await harness();
  void t.spans('a', 'b');
  const flushed = t.client.flush(options);
  const closed = t.client.close(options);
  await t.settled();
  expect(await flushed).toMatchObject({ succeeded: what === 'all' ? 2 : 0 });
  expect(await closed).toMatchObject({ succeeded: what === 'all' ? 2 : 0, pending: 0 });
});
