import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { exitSignal, onExitSignal } from '../../src/client/exit-signals.ts';
import { deferred } from '../../src/lib/deferred.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';

let log = recordingLogger();
beforeEach(() => {
  log = recordingLogger();
});
afterEach(() => vi.unstubAllGlobals());

describe('on an exit signal', () => {
  class FakeProcess extends EventEmitter {
    readonly pid = 42;
    readonly killed: unknown[] = [];
    /** Those who listened to the signal that was to end it, and so held it up. */
    readonly inTheWay: unknown[] = [];
    kill(pid: number, signal: string): void {
      this.killed.push([pid, signal]);
      this.inTheWay.push(...this.listeners(signal));
    }
  }
  /** One client's drain, which the test ends. */
  function client(...signals: string[]) {
    const drained = deferred<void>();
    const drain = vi.fn(() => drained.promise);
    const stop = onExitSignal(signals, drain, log);
    return { drain, stop, drained: drained.resolve };
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  let fake: FakeProcess;
  beforeEach(() => {
    fake = new FakeProcess();
    vi.stubGlobal('process', fake);
  });

  afterEach(() => expect(fake.inTheWay).toEqual([]));

  test('the process ends by that signal, once all is drained', async () => {
    const { drain, drained } = client('SIGTERM', 'SIGINT');
    fake.emit('SIGTERM');
    await turn();
    expect(drain).toHaveBeenCalledTimes(1);
    expect(fake.killed).toEqual([]);
    drained();
    await turn();
    expect(fake.killed).toEqual([[42, 'SIGTERM']]);
    expect(fake.eventNames()).toEqual([]);
  });

  test.each(['SIGTERM', 'SIGINT'])('a second signal (%s) is not held up', async (second) => {
    const { drain } = client('SIGTERM', 'SIGINT');
    fake.emit('SIGTERM');
    fake.emit(second);
    expect(fake.killed).toEqual([[42, second]]);
    expect(drain).toHaveBeenCalledTimes(1);
  });

  test('several clients drain side by side, and the last one ends the process', async () => {
    const one = client('SIGTERM');
    const other = client('SIGTERM');
    fake.emit('SIGTERM');
    expect(one.drain).toHaveBeenCalledTimes(1);
    expect(other.drain).toHaveBeenCalledTimes(1);
    one.drained();
    await turn();
    expect(fake.killed).toEqual([]);
    other.drained();
    await turn();
    expect(fake.killed).toEqual([[42, 'SIGTERM']]);
  });

  test('a second signal ends the process although several clients drain', () => {
    client('SIGTERM');
    client('SIGTERM');
    fake.emit('SIGTERM');
    fake.emit('SIGTERM');
    expect(fake.killed).toEqual([[42, 'SIGTERM']]);
  });

  test('clients that drain on different signals do not wait for each other', async () => {
    const one = client('SIGTERM');
    const other = client('SIGINT');
    fake.emit('SIGTERM');
    one.drained();
    await turn();
    expect(other.drain).not.toHaveBeenCalled();
    expect(fake.killed).toEqual([[42, 'SIGTERM']]);
  });

  test('a program that listens itself decides when to end', async () => {
    const { drained } = client('SIGTERM');
    const own = vi.fn();
    fake.on('SIGTERM', own);
    fake.emit('SIGTERM');
    drained();
    await turn();
    expect(own).toHaveBeenCalledTimes(1);
    expect(fake.killed).toEqual([]);
    expect(fake.listeners('SIGTERM')).toEqual([own]);
  });

  test('stopped while it drains, it still says that the process is not over yet', async () => {
    const { stop, drained } = client('SIGTERM');
    fake.emit('SIGTERM');
    stop(); // as close() does, which is what the drain is
    expect(fake.listenerCount('SIGTERM')).toBe(1);
    drained();
    await turn();
    expect(fake.killed).toEqual([[42, 'SIGTERM']]);
  });

  test('nothing is listened to after it was stopped', () => {
    const drain = vi.fn();
    const stop = onExitSignal(['SIGTERM', 'SIGTERM'], drain, log);
    expect(fake.listenerCount('SIGTERM')).toBe(1);
    stop();
    expect(fake.eventNames()).toEqual([]);
    fake.emit('SIGTERM');
    expect(drain).not.toHaveBeenCalled();
    expect(fake.killed).toEqual([]);
  });

  test('fifty clients are one listener, so that Node sees no leak', () => {
    const clients = Array.from({ length: 50 }, () => client('SIGTERM', 'SIGHUP'));
    expect([fake.listenerCount('SIGTERM'), fake.listenerCount('SIGHUP')]).toEqual([1, 1]);
    for (const { stop } of clients.slice(1)) stop();
    fake.emit('SIGHUP');
    expect(clients.map(({ drain }) => drain.mock.calls.length)).toEqual([1, ...Array(49).fill(0)]);
  });

  test('a client that another one stops as it drains is not told any more', () => {
    const drain = vi.fn(() => {
      other.stop();
      return deferred<void>().promise;
    });
    onExitSignal(['SIGTERM'], drain, log);
    const other = client('SIGTERM');
    fake.emit('SIGTERM');
    expect(drain).toHaveBeenCalledTimes(1);
    expect(other.drain).not.toHaveBeenCalled();
  });

  test('a signal that this system does not let be caught costs a warning, and no other signal', () => {
    const on = fake.on.bind(fake);
    vi.spyOn(fake, 'on').mockImplementation((name, listener) => {
      if (name === 'SIGUSR2') throw new Error('uv_signal_start EINVAL');
      return on(name, listener);
    });
    const { stop } = client('SIGUSR2', 'SIGTERM');
    expect(fake.eventNames()).toEqual(['SIGTERM']);
    expect(log.entries).toEqual([['warn', expect.stringContaining('SIGUSR2')]]);
    stop();
    expect(fake.eventNames()).toEqual([]);
  });

  test('in a worker thread, which no signal reaches, there is a warning', () => {
    Object.assign(fake, { getBuiltinModule: () => ({ isMainThread: false }) });
    client().stop();
    expect(log.entries).toEqual([]);
    client('SIGTERM').stop();
    expect(fake.eventNames()).toEqual([]);
    expect(log.entries).toEqual([['warn', expect.stringContaining('worker thread')]]);
  });

  test('where the runtime has no process, nothing happens', () => {
    vi.stubGlobal('process', undefined);
    expect(() => onExitSignal(['SIGTERM'], vi.fn(), log)()).not.toThrow();
  });
});

describe('the name of an exit signal', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGBREAK', 'SIGINFO'])(
    'may be %s',
    (name) => {
      expect(exitSignal(name)).toBeUndefined();
    },
  );

  test.each([
    ['SIGTREM', "a signal's name, such as 'SIGTERM', but it is \"SIGTREM\""],
    ['SIGINTR', "a signal's name, such as 'SIGINT', but it is \"SIGINTR\""],
    ['hup', "a signal's name, such as 'SIGHUP', but it is \"hup\""],
    ['sigterm', "a signal's name, such as 'SIGTERM', but it is \"sigterm\""],
    ['', "a signal's name, such as 'SIGTERM', but it is \"\""],
    [15, "a signal's name, such as 'SIGTERM', but it is 15"],
    ['SIGKILL', 'a signal that can be caught, such as \'SIGTERM\', but it is "SIGKILL"'],
    ['SIGSTOP', 'a signal that can be caught, such as \'SIGTERM\', but it is "SIGSTOP"'],
  ])('may not be %j', (name, message) => {
    expect(exitSignal(name)).toBe(`must be ${message}`);
  });

  test('is one by its form where the runtime knows of none', () => {
    vi.stubGlobal('process', undefined);
    expect(exitSignal('SIGNAL7')).toBeUndefined();
    expect(exitSignal('7')).toMatch(/^must be a signal's name/);
  });
});
