import type { Batch, EngineEvents } from '../coalescer/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Events } from '../lib/events.ts';
import type { Logger } from '../lib/logger.ts';
import { ignoresDebug } from '../lib/logger.ts';
import type { Transport } from '../transport/bulk-transport.ts';

/** The least time between two warnings, however often the server comes and goes. */
const QUIET_MS = 60_000;

export interface ServerLogOptions {
  readonly apiUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The number of calls that wait. */
  readonly waiting: () => number;
  readonly events: Pick<Events<EngineEvents>, 'on' | 'defer' | 'deliver'>;
}

/**
 * What the log says of the server: a warning when nothing usable comes back, once a minute while that lasts, and
 * when it answers again; and a line of debug for each request.
 */
export class ServerLog {
  readonly #options: ServerLogOptions;
  #outage: { since: number; stopListening: () => void; isLogged: boolean } | undefined;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ServerLogOptions) {
    this.#options = options;
  }

  outage({ cause, waiting }: EngineEvents['outage']): void {
    const { clock, events } = this.#options;
    const stopListening = events.on('response', (response) => {
      if (response.cause !== undefined) this.#warn(response.cause, this.#options.waiting());
    });
    this.#outage = { since: clock.now(), stopListening, isLogged: false };
    this.#warn(cause, waiting);
  }

  recovery({ durationMs }: EngineEvents['recovery']): void {
    const { apiUrl, logger } = this.#options;
    if (this.#outage?.isLogged) {
      logger.warn(`${apiUrl} answers again, after ${secondsOf(durationMs)}.`);
    }
    this.#outage?.stopListening();
    this.#outage = undefined;
  }

  /** The same transport, with a line in the log for each ping and request. */
  watching({ send, ping, describe }: Transport): Pick<Transport, 'send' | 'ping'> {
    const { apiUrl, clock, logger, waiting } = this.#options;
    const debugs = !ignoresDebug(logger);
    const loggedPing: Transport['ping'] = async (options) => {
      const leftAt = clock.now();
      const answer = await ping(options);
      const cause = typeof answer === 'boolean' ? undefined : describe(answer.failure).cause;
      if (debugs) this.#debug(`GET ${apiUrl}/api/v1/ping: ${cause ?? 'status 200'}`, leftAt);
      if (cause !== undefined && this.#outage) this.#tell(() => this.#warn(cause, waiting()));
      return answer;
    };
    // Without debug lines, the engine's events tell enough of requests.
    if (!debugs) return { send, ping: loggedPing };
    const loggedSend: Transport['send'] = async (batch, options) => {
      const leftAt = clock.now();
      const reply = await send(batch, options);
      const cause = 'failure' in reply ? describe(reply.failure).cause : `status ${reply.status}`;
      this.#debug(`POST ${apiUrl}/api/v1/bulk (${sizeOf(batch)}): ${cause}`, leftAt);
      return reply;
    };
    return { send: loggedSend, ping: loggedPing };
  }

  #debug(line: string, leftAt: number): void {
    const { clock, logger } = this.#options;
    const ms = Math.round(clock.now() - leftAt);
    this.#tell(() => logger.debug(`${line}, after ${ms} ms.`));
  }

  /** The logger is the user's own code, as listeners are: it is called in its turn. */
  #tell(line: () => void): void {
    const { events } = this.#options;
    events.defer(line);
    events.deliver();
  }

  /** Says that the outage goes on, unless there is none, or a warning was given just now. */
  #warn(cause: string, waiting: number): void {
    const { apiUrl, clock, logger } = this.#options;
    const now = clock.now();
    const outage = this.#outage;
    if (outage === undefined || now - this.#warnedAt < QUIET_MS) return;
    this.#warnedAt = now;
    const calls = waiting === 1 ? '1 call waits' : `${waiting} calls wait`;
    const waits = waiting === 0 ? '' : ` ${calls}.`;
    logger.warn(
      outage.isLogged
        ? `Still nothing usable comes from ${apiUrl}, for ${secondsOf(now - outage.since)} now: ${cause}.${waits}`
        : `Nothing usable comes from ${apiUrl}: ${cause}.${waits} What waits is sent when it answers, and rejected after deliveryTimeoutMs. Is apiUrl right, and the network up? Said once a minute while it lasts.`,
    );
    outage.isLogged = true;
  }
}

function sizeOf({ keys: { length }, bytes }: Batch): string {
  return `${length === 1 ? '1 item' : `${length} items`}, ${bytes} bytes`;
}

function secondsOf(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
