import { expect, test } from 'vitest';
import { WaitUntil } from '../../src/client/wait-until.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';

test('one promise for each time that work is under way, which lasts as long', async () => {
  const awaited: Promise<unknown>[] = [];
  const busy = new WaitUntil((work) => awaited.push(work), recordingLogger());
  const open = busy.watching(() => undefined);
  open(() => undefined);
  open(() => undefined);
  expect(awaited).toHaveLength(1);
  busy.end();
  open(() => undefined);
  expect(awaited).toHaveLength(2);
  expect(await Promise.race([awaited[1], awaited[0]?.then(() => 'the first is over')])).toBe(
    'the first is over',
  );
  busy.end();
  await awaited[1];
});

test('a window that opens begins one, and is opened as it would be otherwise', () => {
  const awaited: Promise<unknown>[] = [];
  const busy = new WaitUntil((work) => awaited.push(work), recordingLogger());
  const opened: unknown[] = [];
  const stop = () => undefined;
  const schedule = busy.watching((flush) => {
    opened.push(flush);
    return stop;
  });
  const flush = () => undefined;
  expect(awaited).toEqual([]);
  expect([schedule(flush), schedule(flush)]).toEqual([stop, stop]);
  expect(opened).toEqual([flush, flush]);
  expect(awaited).toHaveLength(1);
});

test('a waitUntil that throws harms no call, and the log says so', () => {
  const logger = recordingLogger();
  const error = new Error('not now');
  const busy = new WaitUntil(() => {
    throw error;
  }, logger);
  busy.watching(() => undefined)(() => undefined);
  expect(logger.entries).toEqual([['warn', expect.stringMatching(/^waitUntil failed/), error]]);
});
