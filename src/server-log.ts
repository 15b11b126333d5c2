import type { EngineEvents } from './coalescer/events.ts';
import type { Ping, Reply, Send, Trouble } from './coalescer/ports.ts';
import type { Failure } from './errors/failure.ts';
import type { Clock } from './internal/clock.ts';
import type { Logger } from './internal/warn.ts';

const REMINDER_MS = 60_000;

/** What sends requests, and says what they met. */
export interface Watched {
  readonly send: Send<Failure>;
  readonly ping: Ping<Failure>;
  readonly describe: (failure: Failure) => Trouble;
}

export interface ServerLogOptions {
  readonly apiUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The number of calls that wait. */
  readonly waiting: () => number;
  /** Calls the logger, which is the user's own code, in its turn. */
  readonly tell: (line: () => void) => void;
}

/**
 * What the log says of the server: when nothing usable comes of it, once a minute while that lasts, and
 * when it answers again; and, for those who debug, a line for each request.
 */
export class ServerLog {
  readonly #options: ServerLogOptions;
  #outage: { readonly since: number; saidAt: number } | undefined;

  constructor(options: ServerLogOptions) {
    this.#options = options;
  }

  outage({ cause, waiting }: EngineEvents['outage']): void {
    const { apiUrl, clock, logger } = this.#options;
    const now = clock.now();
    this.#outage = { since: now, saidAt: now };
    logger.warn(
      `Nothing usable comes from ${apiUrl}: ${cause}.${waitingOf(waiting)} What waits is sent when it answers, and rejected after deliveryTimeoutMs. Is apiUrl right, and the network up? Said once a minute while it lasts.`,
    );
  }

  recovery({ durationMs }: EngineEvents['recovery']): void {
    const { apiUrl, logger } = this.#options;
    this.#outage = undefined;
    logger.warn(`${apiUrl} answers again, after ${secondsOf(durationMs)}.`);
  }

  /** The same transport, of which each request is told. */
  watching({ send, ping, describe }: Watched): Pick<Watched, 'send' | 'ping'> {
    const { apiUrl, clock, logger, tell } = this.#options;
    const told = (
      what: string,
      leftAt: number,
      status: number | undefined,
      failure: Failure | undefined,
    ): void => {
      const came = failure === undefined ? `status ${status}` : describe(failure).cause;
      const ms = Math.round(clock.now() - leftAt);
      tell(() => {
        logger.debug(`${what}: ${came}, after ${ms} ms.`);
        if (failure !== undefined) this.#remind(came);
      });
    };
    return {
      send: (batch, options) => {
        const leftAt = clock.now();
        // Nothing of the batch is kept until its answer is there.
        const { length } = batch.keys;
        const items = length === 1 ? '1 item' : `${length} items`;
        const what = `POST ${apiUrl}/api/v1/bulk (${items}, ${batch.bytes} bytes)`;
        return send(batch, options).then((reply) => {
          told(what, leftAt, statusOf(reply), 'failure' in reply ? reply.failure : undefined);
          return reply;
        });
      },
      ping: async (options) => {
        const leftAt = clock.now();
        const answer = await ping(options);
        const failure = typeof answer === 'boolean' ? undefined : answer.failure;
        told(`GET ${apiUrl}/api/v1/ping`, leftAt, 200, failure);
        return answer;
      },
    };
  }

  #remind(cause: string): void {
    const { apiUrl, clock, logger, waiting } = this.#options;
    const now = clock.now();
    if (this.#outage === undefined || now - this.#outage.saidAt < REMINDER_MS) return;
    this.#outage.saidAt = now;
    const lastingMs = now - this.#outage.since;
    logger.warn(
      `Still nothing usable comes from ${apiUrl}, for ${secondsOf(lastingMs)} now: ${cause}.${waitingOf(waiting())}`,
    );
  }
}

function statusOf(reply: Reply<Failure>): number | undefined {
  return 'status' in reply ? reply.status : undefined;
}

function waitingOf(calls: number): string {
  if (calls === 0) return '';
  return calls === 1 ? ' 1 call waits.' : ` ${calls} calls wait.`;
}

function secondsOf(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
