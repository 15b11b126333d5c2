import type { About, Answer, Batch, Emitter, Ledger, Name, Stats } from '../coalescer/index.ts';
import { emptyLedger } from '../coalescer/index.ts';
import type { Ids } from '../ids/ids.ts';
import { rejected } from '../lib/deferred.ts';
import { isText } from '../schemas/check.ts';
import type { ClientEngine } from './engine.ts';
import { localIdOf, targetOf, unsentOutput } from './unsent-output.ts';

interface Surroundings {
  readonly events: Emitter;
  readonly ids: Ids;
}

/**
 * The engine of a client that is disabled: no socket, no timer, nothing kept. Every call is left out
 * before it gets here, as by a `beforeEnqueue` that returns null; only invalid ones are heard of.
 */
export class DisabledEngine implements ClientEngine {
  readonly accepted = 0;
  readonly #events: Emitter;
  readonly #ids: Ids;
  #declined = 0;

  constructor({ events, ids }: Surroundings) {
    this.#events = events;
    this.#ids = ids;
  }

  submit(): Promise<never> {
    throw new Error('a disabled client leaves out every call');
  }

  decline(error: unknown, { key, type }: About): Promise<never> {
    if (key !== undefined) this.#declined++;
    this.#events.emit('failure', { error, key, type });
    this.#events.deliver();
    return rejected(error);
  }

  omit(): void {
    this.#declined++;
  }

  isThere(): boolean {
    return false;
  }

  sharedMakes(): undefined {}

  idOf(name: Name): Name {
    return name;
  }

  execute({ keys, texts }: Batch): Promise<Answer> {
    const outputs = texts.map((text) => {
      const action = JSON.parse(text);
      const target = targetOf(action);
      return unsentOutput(action, isText(target) ? target : localIdOf(action, this.#ids));
    });
    const entries = outputs.map((output, index) => [keys[index], output]);
    return Promise.resolve({ status: 200, outputs: Object.fromEntries(entries) });
  }

  flush(): Promise<Ledger> {
    return Promise.resolve(this.#ledger());
  }

  close(): Promise<Ledger> {
    return this.flush();
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  sendOutliving(): number {
    return 0;
  }

  stats(): Stats {
    return {
      queued: 0,
      blocked: 0,
      inFlight: 0,
      queuedBytes: 0,
      concurrency: 0,
      oldestMs: 0,
      requests: 0,
      items: 0,
      bytes: 0,
      requeued: 0,
      retried: 0,
      bisected: 0,
      pausedMs: 0,
      meanBatchSize: 0,
      server: { state: 'unknown', since: undefined, cause: undefined },
      ledger: this.#ledger(),
    };
  }

  /** Nothing is ever accepted, so no other column counts. */
  #ledger(): Ledger {
    return { ...emptyLedger(), declined: this.#declined };
  }
}
