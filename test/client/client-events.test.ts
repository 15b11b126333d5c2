import { expect, test } from 'vitest';
import { ClientEvents } from '../../src/client/client-events.ts';
import { newError } from '../../src/errors/prefactor-error.ts';
import { PrefactorClosedError } from '../../src/errors/queue-errors.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';

const failure = {
  error: newError(PrefactorClosedError, 'Closed.', { last: undefined }),
  key: 'k',
  type: 'agents/list',
};
const clock = { now: () => 1_234, after: () => () => {} };

function events() {
  const logger = recordingLogger();
  let idle = 0;
  return {
    logger,
    idle: () => idle,
    events: new ClientEvents({
      apiUrl: 'https://api.example',
      clock,
      logger,
      waiting: () => 0,
      onIdle: () => void idle++,
    }),
  };
}

test('a failure goes to those who listen, and only where nobody does to the log', async () => {
  const t = events();
  const heard: unknown[] = [];
  const stop = t.events.on('failure', (detail) => heard.push(detail));
  t.events.emit('failure', failure);
  t.events.deliver();
  expect(heard).toEqual([failure]);
  expect(t.logger.entries).toEqual([]);
  stop();
  t.events.emit('failure', failure);
  t.events.deliver();
  await new Promise(setImmediate);
  expect(t.logger.entries).toEqual([['warn', expect.stringContaining('1 × PrefactorClosedError')]]);
});

test('what goes back is noted for those who debug, when the step is over', () => {
  const t = events();
  const requeue = { key: 'b', type: 'agents/list', becauseOf: 'a' };
  const retry = {
    key: 'b',
    type: 'agents/list',
    attempts: 2,
    delayMs: 10,
    reason: 'lost',
  } as const;
  t.events.emit('requeue', requeue);
  t.events.emit('retry', retry);
  expect(t.logger.entries).toEqual([]);
  t.events.deliver();
  expect(t.logger.entries).toEqual([
    ['debug', 'An item was skipped, and goes back.', requeue],
    ['debug', 'An item goes back for another attempt.', retry],
  ]);
});

test('the client hears of idleness, whoever listens', () => {
  const t = events();
  t.events.emit('idle', {});
  expect(t.idle()).toBe(1);
});
