/**
 * A server that refuses a key which it has run already, in place of one that answers as before. To the
 * emulator such a key comes under another name, as long as its own, and each item by such a name is
 * refused: so all that is about the request, and the stop at the first error, stay the emulator's.
 */
import type { Emulator } from '../../src/testing/index.ts';

/** The code of wire.md 6.1. */
export const USED_CODE = 'idempotency_key_already_used';
const SIGN = '~';

export function usedNameOf(key: string): string {
  return `${SIGN}${key.slice(1)}`;
}

export class Repeats {
  readonly #emulator: Emulator;
  readonly #storesErrors: boolean;
  readonly #sent = new Set<string>();
  readonly #keys = new Map<string, string>();

  constructor(emulator: Emulator, storesErrors: boolean) {
    this.#emulator = emulator;
    this.#storesErrors = storesErrors;
  }

  /** The key that was used before, where this is the name that it goes by then. */
  keyOf(name: string): string | undefined {
    return this.#keys.get(name);
  }

  /** The body as the emulator is to see it. */
  renamed(body: string, keys: readonly string[]): string {
    const used = keys.filter((key) => this.#sent.has(key) && this.#isUsed(key));
    for (const key of keys) this.#sent.add(key);
    return used.reduce((text, key) => {
      const name = usedNameOf(key);
      this.#keys.set(name, key);
      return text.replace(`"idempotency_key":"${key}"`, `"idempotency_key":"${name}"`);
    }, body);
  }

  /** The answer as the client is to see it. */
  restored(response: Response): Response {
    if (this.#keys.size === 0 || response.body === null) return response;
    const decoder = new TextDecoder();
    const encoder = new TextEncoder();
    const reader = response.body.getReader();
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else
            controller.enqueue(
              encoder.encode(this.#restore(decoder.decode(value, { stream: true }))),
            );
        },
        cancel: () => reader.cancel(),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, response);
  }

  #restore(text: string): string {
    return text.replaceAll(/~[\w-]+/g, (name) => this.#keys.get(name) ?? name);
  }

  #isUsed(key: string): boolean {
    const { effects, ran } = this.#emulator.report();
    return effects.has(key) || (this.#storesErrors && ran.some((one) => one.key === key));
  }
}
