import type { Emitter, EngineEvents } from './coalescer/events.ts';
import type { Clock } from './internal/clock.ts';
import type { Listener } from './internal/events.ts';
import { Events } from './internal/events.ts';
import { FailureNotice } from './internal/failure-notice.ts';
import type { Logger } from './internal/warn.ts';

/** What a client tells those who listen; they only watch. */
export interface AutobatchEvents extends EngineEvents {
  /** Somebody ended a run; once for each instance. Start nothing more in it. */
  terminate: { readonly agentInstanceId: string; readonly reason: string | null };
}

/**
 * Passes events on to those who listen, and to the log what nobody listens to but somebody should
 * know. The log gets key, type, attempt and reason; never a payload.
 */
export class ClientEvents implements Emitter {
  readonly #events: Events<AutobatchEvents>;
  readonly #notice: FailureNotice;
  readonly #logger: Logger;
  readonly #onIdle: () => void;

  constructor(clock: Clock, logger: Logger, onIdle: () => void) {
    this.#events = new Events(clock, logger, 'failure');
    this.#notice = new FailureNotice(clock, logger);
    this.#logger = logger;
    this.#onIdle = onIdle;
  }

  on<Name extends keyof AutobatchEvents>(
    name: Name,
    listener: Listener<AutobatchEvents[Name]>,
  ): () => void {
    return this.#events.on(name, listener);
  }

  has(name: keyof AutobatchEvents): boolean {
    return this.#events.has(name);
  }

  emit<Name extends keyof AutobatchEvents>(name: Name, detail: AutobatchEvents[Name]): void {
    if (name === 'idle') this.#onIdle();
    if (name === 'requeue') this.#debug('An item was skipped, and goes back.', detail);
    if (name === 'retry') this.#debug('An item goes back for another attempt.', detail);
    if (name === 'failure' && !this.#events.has('failure') && 'error' in detail) {
      const { error } = detail;
      this.#events.note(() => this.#notice.report(error));
    }
    this.#events.emit(name, detail);
  }

  isTelling(name: keyof AutobatchEvents): boolean {
    return this.#events.isTelling(name);
  }

  deliver(): void {
    this.#events.deliver();
  }

  /** The logger is the user's own code as much as a listener is: it is called when the step is over. */
  #debug(message: string, detail: unknown): void {
    this.#events.note(() => this.#logger.debug(message, detail));
  }
}
