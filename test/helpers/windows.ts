import type { CoalescerOptions, Emitter } from '../../src/coalescer/index.ts';
import type { EngineUnderTest } from './engine.ts';
import { engineUnderTest } from './engine.ts';

export interface WindowsUnderTest extends EngineUnderTest {
  /** The calls of each window that is over, as soon as it is. */
  readonly windows: readonly (readonly string[])[];
  /** Makes these calls. */
  add(...keys: readonly string[]): void;
}

/** An engine in which what was in a window leaves as soon as that is over, whatever is in flight. */
export function windowsUnderTest(
  ports: Partial<CoalescerOptions<unknown, string>> = {},
  onEnd: (keys: readonly string[]) => void = () => undefined,
): WindowsUnderTest {
  const called: string[] = [];
  const windows: (readonly string[])[] = [];
  let told = 0;
  const events: Emitter = {
    observed: { dispatch: true, response: true, idle: true },
    emit(name, detail) {
      // The oldest leave first, so their number says who they are; the keys come when the step is over.
      if (name === 'dispatch' && 'items' in detail) windows.push(called.splice(0, detail.items));
    },
    deliver() {
      while (told < windows.length) onEnd(windows[told++] ?? []);
    },
  };
  const t = engineUnderTest({ maxWaitMs: 0 }, { events, ...ports });
  const add = (...keys: readonly string[]): void => {
    for (const key of keys) {
      called.push(key);
      void t.call(key);
    }
  };
  return { ...t, windows, add };
}
