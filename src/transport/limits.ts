import type { Failure } from '../errors/failure.ts';
import type { Patience } from '../internal/patience.ts';

export interface Limits {
  readonly signal: AbortSignal;
  readonly ms: number;
  readonly patience: Patience;
}

/**
 * The result of `work`, or why it was cut off. What `work` starts has to obey the signal that it is
 * given; if it does not, it is left to itself, and its outcome is ignored. It may cut that off itself.
 */
export function withinLimits<T>(
  limits: Limits,
  work: (signal: AbortSignal, cutOff: () => void) => Promise<T>,
): Promise<T | Extract<Failure, { kind: 'timeout' | 'aborted' }>> {
  const { signal, ms, patience } = limits;
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const end = (): void => {
      cancelTimeout();
      signal.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      end();
      resolve({ kind: 'aborted', cause: signal.reason });
      controller.abort(signal.reason);
    };
    const cancelTimeout = patience.after(ms, () => {
      end();
      resolve({ kind: 'timeout', ms });
      controller.abort();
    });
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort);
    work(controller.signal, () => controller.abort())
      .then(resolve, reject)
      .finally(end);
  });
}
