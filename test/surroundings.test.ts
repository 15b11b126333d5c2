import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deferred } from '../src/internal/deferred.ts';
import { onExitSignal, onPageHide } from '../src/surroundings.ts';

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
    const stop = onExitSignal(signals, drain);
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
    const stop = onExitSignal(['SIGTERM', 'SIGTERM'], drain);
    expect(fake.listenerCount('SIGTERM')).toBe(1);
    stop();
    expect(fake.eventNames()).toEqual([]);
    fake.emit('SIGTERM');
    expect(drain).not.toHaveBeenCalled();
    expect(fake.killed).toEqual([]);
  });

  test('where the runtime has no process, nothing happens', () => {
    vi.stubGlobal('process', undefined);
    expect(() => onExitSignal(['SIGTERM'], vi.fn())()).not.toThrow();
  });
});

describe('when the page is left', () => {
  test('it is told of, until that is stopped', () => {
    const page = new EventTarget();
    vi.stubGlobal('onpagehide', null);
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    const depart = vi.fn();
    const stop = onPageHide(depart);
    page.dispatchEvent(new Event('pagehide'));
    page.dispatchEvent(new Event('pagehide'));
    expect(depart).toHaveBeenCalledTimes(2);
    stop();
    page.dispatchEvent(new Event('pagehide'));
    expect(depart).toHaveBeenCalledTimes(2);
  });

  test('where there is no page, nothing is listened to', () => {
    const listen = vi.fn();
    vi.stubGlobal('addEventListener', listen);
    onPageHide(vi.fn())();
    expect(listen).not.toHaveBeenCalled();
  });
});
