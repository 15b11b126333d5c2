/** In place of undici-sender.ts in the build for browsers and workers, which have only `fetch`. */
import type * as undici from './undici-sender.ts';

export class UndiciSender implements Pick<undici.UndiciSender, 'send'> {
  send(): undefined {
    return undefined;
  }
}

export const isNodeFetch: typeof undici.isNodeFetch = () => false;
