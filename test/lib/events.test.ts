import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { Events } from '../../src/lib/events.ts';
import { HandClock } from '../helpers/hand-clock.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';

interface Details {
  brewed: { readonly tea: string };
  empty: Record<never, never>;
}

function setUp() {
  const clock = new HandClock();
  const logger = recordingLogger();
  return { clock, logger, events: new Events<Details>({ clock, logger }) };
}

test('listeners hear of an event when it is delivered, in order', () => {
  const { events } = setUp();
  const heard: string[] = [];
  events.on('brewed', ({ tea }) => heard.push(`a ${tea}`));
  events.on('brewed', ({ tea }) => heard.push(`b ${tea}`));
  events.on('empty', () => heard.push('empty'));
  events.emit('brewed', { tea: 'oolong' });
  events.emit('empty', {});
  events.emit('brewed', { tea: 'sencha' });
  expect(heard).toEqual([]);
  events.deliver();
  expect(heard).toEqual(['a oolong', 'b oolong', 'empty', 'a sencha', 'b sencha']);
  events.deliver();
  expect(heard).toHaveLength(5);
});

test('nobody hears of what happened before', () => {
  const { events } = setUp();
  const heard: string[] = [];
  events.emit('brewed', { tea: 'oolong' });
  events.on('brewed', ({ tea }) => heard.push(tea));
  events.deliver();
  expect(heard).toEqual([]);
});

test('it can be asked whether anybody listens', () => {
  const { events } = setUp();
  expect(events.hasListeners('brewed')).toBe(false);
  const off = events.on('brewed', () => undefined);
  expect(events.hasListeners('brewed')).toBe(true);
  expect(events.hasListeners('empty')).toBe(false);
  off();
  off();
  expect(events.hasListeners('brewed')).toBe(false);
});

test('a function that listens twice is two listeners', () => {
  const { events } = setUp();
  const heard: string[] = [];
  const listener = ({ tea }: Details['brewed']) => heard.push(tea);
  const off = events.on('brewed', listener);
  events.on('brewed', listener);
  events.emit('brewed', { tea: 'oolong' });
  events.deliver();
  off();
  events.emit('brewed', { tea: 'sencha' });
  events.deliver();
  expect(heard).toEqual(['oolong', 'oolong', 'sencha']);
});

test('a removed listener hears nothing more, not even of what waits', () => {
  const { events } = setUp();
  const heard: string[] = [];
  events.on('brewed', () => off());
  const off = events.on('brewed', ({ tea }) => heard.push(tea));
  events.emit('brewed', { tea: 'oolong' });
  events.deliver();
  expect(heard).toEqual([]);
});

test('what listeners cause is told in a later turn of the event loop', async () => {
  const { events } = setUp();
  const heard: string[] = [];
  events.on('brewed', ({ tea }) => {
    heard.push(tea);
    if (tea !== 'oolong') return;
    events.emit('brewed', { tea: 'sencha' });
    events.deliver();
    heard.push('end of oolong');
  });
  events.on('brewed', ({ tea }) => heard.push(`again ${tea}`));
  events.emit('brewed', { tea: 'oolong' });
  events.deliver();
  for (const _ of Array(100).keys()) await Promise.resolve();
  expect(heard).toEqual(['oolong', 'end of oolong', 'again oolong']);
  await new Promise(setImmediate);
  expect(heard.slice(3)).toEqual(['sencha', 'again sencha']);
});

test('a listener that causes what it listens to does not keep the event loop from turning', async () => {
  const { events } = setUp();
  let times = 0;
  events.on('brewed', () => {
    times++;
    events.emit('brewed', { tea: 'more' });
    events.deliver();
  });
  events.emit('brewed', { tea: 'first' });
  events.deliver();
  for (const turn of [1, 2, 3]) {
    expect(times).toBe(turn);
    await new Promise(setImmediate);
  }
});

test('what a listener causes in promise jobs, without end, lets the event loop turn', async () => {
  const { events } = setUp();
  let times = 0;
  events.on('empty', async () => {
    times++;
    await Promise.resolve();
    events.emit('empty', {});
    events.deliver();
  });
  events.emit('empty', {});
  events.deliver();
  await new Promise(setImmediate);
  const inFirstTurn = times;
  expect(inFirstTurn).toBeGreaterThan(1);
  await new Promise(setImmediate);
  expect(times).toBeGreaterThan(inFirstTurn);
});

test('listeners run in the root context', () => {
  const { events } = setUp();
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  events.on('empty', () => seen.push(storage.getStore()));
  storage.run('caller', () => {
    events.emit('empty', {});
    events.deliver();
  });
  expect(seen).toEqual([undefined]);
});

test('our own code hears of it at once, whoever listens, and is no listener', () => {
  const { events } = setUp();
  const heard: string[] = [];
  events.onSync('brewed', ({ tea }) => heard.push(`own ${tea}`));
  expect(events.hasListeners('brewed')).toBe(false);
  events.emit('brewed', { tea: 'oolong' });
  expect(heard).toEqual(['own oolong']);
  expect(events.hasUndelivered).toBe(false);
  events.on('brewed', ({ tea }) => heard.push(tea));
  events.emit('brewed', { tea: 'sencha' });
  expect(events.hasUndelivered).toBe(true);
  events.deliver();
  expect(events.hasUndelivered).toBe(false);
  expect(heard).toEqual(['own oolong', 'own sencha', 'sencha']);
});

test('where the stack is used up, it throws nothing, and tells nothing twice', () => {
  const { events } = setUp();
  const heard: string[] = [];
  events.on('brewed', ({ tea }) => heard.push(tea));
  const teas = Array.from({ length: 50 }, (_, index) => `the ${index}th`);
  for (const tea of teas) events.emit('brewed', { tea });
  let thrown: unknown;
  const down = (): void => {
    try {
      down();
    } finally {
      try {
        events.deliver();
      } catch (error) {
        thrown = error;
      }
    }
  };
  expect(down).toThrow(RangeError);
  // If at all, then that it could not even be called.
  expect(thrown ?? new RangeError()).toBeInstanceOf(RangeError);
  events.emit('brewed', { tea: 'the last' });
  events.deliver();
  expect(heard.at(-1)).toBe('the last');
  expect(new Set(heard).size).toBe(heard.length);
});

describe('a listener that fails', () => {
  test('harms nobody, and is warned of once a minute', () => {
    const { events, clock, logger } = setUp();
    const heard: string[] = [];
    const error = new Error('spilt');
    events.on('brewed', () => {
      throw error;
    });
    events.on('brewed', ({ tea }) => heard.push(tea));
    for (const tea of ['oolong', 'sencha']) {
      events.emit('brewed', { tea });
      events.deliver();
    }
    expect(heard).toEqual(['oolong', 'sencha']);
    expect(logger.entries).toEqual([
      ['warn', expect.stringContaining("A listener of 'brewed' failed"), error],
    ]);
    clock.advance(60_000);
    events.emit('brewed', { tea: 'lapsang' });
    events.deliver();
    expect(logger.entries).toHaveLength(2);
  });

  test('may fail later', async () => {
    const { events, logger } = setUp();
    const error = new Error('spilt');
    events.on('empty', () => Promise.reject(error));
    events.emit('empty', {});
    events.deliver();
    await new Promise(setImmediate);
    expect(logger.entries).toEqual([['warn', expect.any(String), error]]);
  });
});
