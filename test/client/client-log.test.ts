import { expect, test } from 'vitest';
import { ClientEvents } from '../../src/client/client-events.ts';
import { ClientLog } from '../../src/client/client-log.ts';
import type { AnyPrefactorError } from '../../src/errors/error-classes.ts';
import { newError, PrefactorClosedError } from '../../src/errors/error-classes.ts';
import { HandClock } from '../helpers/hand-clock.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';

function setUp() {
  const clock = new HandClock();
  const logger = recordingLogger();
  const events = new ClientEvents({ clock, logger });
  const apiUrl = 'https://api.example';
  void new ClientLog({ apiUrl, clock, logger, waiting: () => 0, events });
  const fail = async (error: unknown): Promise<void> => {
    events.emit('failure', { error: error as AnyPrefactorError, key: 'k', type: 'agents/list' });
    events.deliver();
    await new Promise(setImmediate);
  };
  return { clock, events, fail, logger, warnings: () => logger.entries.map(([, text]) => text) };
}

const closed = (text: string) => newError(PrefactorClosedError, text, { last: undefined });

test('the first failure is warned of at once', async () => {
  const { fail, clock, warnings } = setUp();
  await fail(closed('It is closed.'));
  expect(warnings()).toEqual([
    "Calls failed so far: 1 × PrefactorClosedError. The first: It is closed. Listen to 'failure' to hear of each; the next summary comes after a minute at the earliest.",
  ]);
  expect(clock.timers).toBe(0);
});

test('later ones are gathered, by class, and told after a minute', async () => {
  const { fail, clock, warnings } = setUp();
  await fail(closed('One.'));
  await fail(closed('Two.'));
  clock.advance(59_999);
  await fail(new TypeError('with a payload'));
  expect(warnings()).toHaveLength(1);
  clock.advance(1);
  await fail(closed('Four.'));
  expect(warnings()[1]).toContain(
    'Calls failed since then: 2 × PrefactorClosedError, 1 × TypeError. The first: Two.',
  );
  clock.advance(60_000);
  await fail('a thrown string');
  expect(warnings()[2]).toContain('Calls failed since then: 1 × string. The first: string.');
});

test('what is no error of ours is named, not quoted', async () => {
  const { fail, warnings } = setUp();
  await fail(new TypeError('with a payload'));
  expect(warnings()[0]).toContain('1 × TypeError. The first: TypeError. ');
});

test('a failure goes to those who listen, and only where nobody does to the log', async () => {
  const { events, fail, logger } = setUp();
  const heard: unknown[] = [];
  const error = closed('Closed.');
  const stop = events.on('failure', (detail) => heard.push(detail));
  await fail(error);
  expect(heard).toEqual([{ error, key: 'k', type: 'agents/list' }]);
  expect(logger.entries).toEqual([]);
  stop();
  await fail(error);
  expect(logger.entries).toEqual([['warn', expect.stringContaining('1 × PrefactorClosedError')]]);
});

test('what goes back is noted for those who debug, when the step is over', () => {
  const { events, logger } = setUp();
  const requeue = { key: 'b', type: 'agents/list', becauseOf: 'a' };
  const retry = {
    key: 'b',
    type: 'agents/list',
    attempts: 2,
    delayMs: 10,
    reason: 'lost',
  } as const;
  events.emit('requeue', requeue);
  events.emit('retry', retry);
  expect(logger.entries).toEqual([]);
  events.deliver();
  expect(logger.entries).toEqual([
    ['debug', 'An item was skipped, and goes back.', requeue],
    ['debug', 'An item goes back for another attempt.', retry],
  ]);
});

test('those that fail in the same turn are counted together', async () => {
  const { events, warnings } = setUp();
  const emit = (text: string): void =>
    events.emit('failure', { error: closed(text), key: 'k', type: 'agents/list' });
  emit('One.');
  emit('Two.');
  events.deliver();
  emit('Three.');
  events.deliver();
  await new Promise(setImmediate);
  expect(warnings()).toEqual([
    expect.stringContaining('Calls failed so far: 3 × PrefactorClosedError. The first: One. '),
  ]);
});
