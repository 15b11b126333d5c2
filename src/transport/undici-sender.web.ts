/** In place of undici-sender.ts in the build for browsers and workers, which have only `fetch`. */
import type * as undici from './undici-sender.ts';

export class UndiciSender implements Pick<undici.UndiciSender, 'send' | 'isUsual'> {
  send(): undefined {
    return undefined;
  }

  isUsual(): boolean {
    return false;
  }
}

export const isNodeFetch: typeof undici.isNodeFetch = () => false;
