import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deferred } from '../src/internal/deferred.ts';
import { onExitSignal, onPageHide } from '../src/surroundings.ts';

afterEach(() => vi.unstubAllGlobals());

describe('on an exit signal', () => {
  class FakeProcess extends EventEmitter {
    readonly pid = 42;
    readonly killed: unknown[] = [];
    kill(...call: unknown[]): void {
      this.killed.push(call);
    }
  }
  let fake: FakeProcess;
  beforeEach(() => {
    fake = new FakeProcess();
    vi.stubGlobal('process', fake);
  });

  test('the process ends by that signal, once all is drained', async () => {
    const drained = deferred<void>();
    onExitSignal(['SIGTERM', 'SIGINT'], () => drained.promise);
    fake.emit('SIGTERM');
    await Promise.resolve();
    expect(fake.killed).toEqual([]);
    // Ours is gone by then, so the signal does what it would have done without us.
    expect(fake.eventNames()).toEqual([]);
    drained.resolve();
    await vi.waitFor(() => expect(fake.killed).toEqual([[42, 'SIGTERM']]));
  });

  test('nothing is listened to after it was stopped', () => {
    const drain = vi.fn();
    const stop = onExitSignal(['SIGTERM', 'SIGTERM'], drain);
    expect(fake.listenerCount('SIGTERM')).toBe(1);
    stop();
    expect(fake.eventNames()).toEqual([]);
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
