import type { EngineEvents } from '../coalescer/index.ts';
import { isPrefactorError } from '../errors/error-classes.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { ignoresDebug } from '../lib/logger.ts';
import { oneLine } from '../lib/snippets.ts';
import type { Transport } from '../transport/bulk-transport.ts';
import type { ClientEvents } from './client-events.ts';

/** The least time between two warnings of failed calls, and between two of an outage. */
const QUIET_MS = 60_000;

export interface ClientLogParts {
  readonly apiUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The number of calls that wait. */
  readonly waiting: () => number;
  readonly events: ClientEvents;
}

/**
 * What the log says: warnings of failed calls that no listener hears of, and of outages; at `debug` each request, and
 * each item that goes back. It gets key, type, attempt and reason, never a payload. It needs no timer: the first
 * failure after the minute lets the summary out.
 */
export class ClientLog {
  readonly #parts: ClientLogParts;
  readonly #debugs: boolean;
  /** How many calls have failed since the last warning, by class. */
  readonly #failures = new Map<string, number>();
  #firstFailure = '';
  #warnedOfFailuresAt = Number.NEGATIVE_INFINITY;
  #counted: 'so far' | 'since then' = 'so far';
  #outage: { since: number; stopListening: () => void; isLogged: boolean } | undefined;
  #warnedOfOutageAt = Number.NEGATIVE_INFINITY;

  constructor(parts: ClientLogParts) {
    const { events, logger } = parts;
    this.#parts = parts;
    this.#debugs = !ignoresDebug(logger);
    events.onSync('outage', (detail) => events.defer(() => this.#beginOutage(detail)));
    events.onSync('recovery', (detail) => events.defer(() => this.#endOutage(detail)));
    events.onSync('failure', ({ error }) => {
      if (!events.hasListeners('failure')) events.defer(() => this.#fail(error));
    });
    if (!this.#debugs) return;
    const back = 'An item goes back for another attempt.';
    events.onSync('requeue', (it) => this.debug('An item was skipped, and goes back.', it));
    events.onSync('retry', (detail) => this.debug(back, detail));
  }

  /** The logger is the user's own code as much as a listener is: it is called when the step is over. */
  debug(message: string, detail: unknown): void {
    const { events, logger } = this.#parts;
    if (this.#debugs) events.defer(() => logger.debug(message, detail));
  }

  /** The same transport, with a line in the log for each ping and request. */
  watching({ send, ping, describe }: Transport): Pick<Transport, 'send' | 'ping'> {
    const { apiUrl, clock, waiting } = this.#parts;
    const loggedPing: Transport['ping'] = async (options) => {
      const leftAt = clock.now();
      const answer = await ping(options);
      const cause = typeof answer === 'boolean' ? undefined : describe(answer.failure).cause;
      this.#debugRequest(`GET ${apiUrl}/api/v1/ping: ${cause ?? 'status 200'}`, leftAt);
      if (cause !== undefined) this.#tell(() => this.#warnOfOutage(cause, waiting()));
      return answer;
    };
    // Without debug lines, the engine's events tell enough of requests.
    if (!this.#debugs) return { send, ping: loggedPing };
    const loggedSend: Transport['send'] = async (batch, options) => {
      const leftAt = clock.now();
      const reply = await send(batch, options);
      const cause = 'failure' in reply ? describe(reply.failure).cause : `status ${reply.status}`;
      const { length } = batch.keys;
      const size = `${length === 1 ? '1 item' : `${length} items`}, ${batch.bytes} bytes`;
      this.#debugRequest(`POST ${apiUrl}/api/v1/bulk (${size}): ${cause}`, leftAt);
      return reply;
    };
    return { send: loggedSend, ping: loggedPing };
  }

  #debugRequest(line: string, leftAt: number): void {
    if (!this.#debugs) return;
    const { clock, logger } = this.#parts;
    const ms = Math.round(clock.now() - leftAt);
    this.#tell(() => logger.debug(`${line}, after ${ms} ms.`));
  }

  /** Outside a step of the engine, nothing else delivers. */
  #tell(line: () => void): void {
    const { events } = this.#parts;
    events.defer(line);
    events.deliver();
  }

  #fail(error: unknown): void {
    const { clock } = this.#parts;
    const failures = this.#failures;
    const name = error instanceof Error ? error.name : typeof error;
    if (failures.size === 0) {
      // Only our own texts are known to be free of payloads: the reason of an abort may hold one.
      this.#firstFailure = oneLine(isPrefactorError(error) ? error.message : `${name}.`);
    }
    failures.set(name, (failures.get(name) ?? 0) + 1);
    const now = clock.now();
    if (now - this.#warnedOfFailuresAt < QUIET_MS) return;
    this.#warnedOfFailuresAt = now;
    // Many fail together: those that need a call that has failed, those of a client that is closed.
    void Promise.resolve().then(() => this.#warnOfFailures());
  }

  #warnOfFailures(): void {
    const counts = [...this.#failures].map(([each, count]) => `${count} × ${each}`).join(', ');
    this.#failures.clear();
    this.#parts.logger.warn(
      `Calls failed ${this.#counted}: ${counts}. The first: ${this.#firstFailure} Listen to 'failure' to hear of each; the next summary comes after a minute at the earliest.`,
    );
    this.#counted = 'since then';
  }

  #beginOutage({ cause, waiting }: EngineEvents['outage']): void {
    const { clock, events } = this.#parts;
    const stopListening = events.on('response', (response) => {
      if (response.cause !== undefined) this.#warnOfOutage(response.cause, this.#parts.waiting());
    });
    this.#outage = { since: clock.now(), stopListening, isLogged: false };
    this.#warnOfOutage(cause, waiting);
  }

  #endOutage({ durationMs }: EngineEvents['recovery']): void {
    const { apiUrl, logger } = this.#parts;
    if (this.#outage?.isLogged) {
      logger.warn(`${apiUrl} answers again, after ${loggedSeconds(durationMs)}.`);
    }
    this.#outage?.stopListening();
    this.#outage = undefined;
  }

  /** Says that the outage goes on, unless there is none, or a warning was given just now. */
  #warnOfOutage(cause: string, waiting: number): void {
    const { apiUrl, clock, logger } = this.#parts;
    const now = clock.now();
    const outage = this.#outage;
    if (outage === undefined || now - this.#warnedOfOutageAt < QUIET_MS) return;
    this.#warnedOfOutageAt = now;
    const calls = waiting === 1 ? '1 call waits' : `${waiting} calls wait`;
    const waits = waiting === 0 ? '' : ` ${calls}.`;
    logger.warn(
      outage.isLogged
        ? `Still nothing usable comes from ${apiUrl}, for ${loggedSeconds(now - outage.since)} now: ${cause}.${waits}`
        : `Nothing usable comes from ${apiUrl}: ${cause}.${waits} What waits is sent when it answers, and rejected after deliveryTimeoutMs. Is apiUrl right, and the network up? Said once a minute while it lasts.`,
    );
    outage.isLogged = true;
  }
}

function loggedSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
