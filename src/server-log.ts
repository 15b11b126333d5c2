import type { Batch, EngineEvents, Ping, Send, Trouble } from './coalescer/index.ts';
import type { Failure } from './errors/failure.ts';
import type { Clock } from './internal/clock.ts';
import type { Logger } from './internal/warn.ts';
import { isMute } from './internal/warn.ts';

/** The least time between two warnings, however often the server comes and goes. */
const QUIET_MS = 60_000;

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
  /** Since when there is an outage, and whether it was told of. */
  #outage: { readonly since: number; isSaid: boolean } | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(options: ServerLogOptions) {
    this.#options = options;
  }

  outage({ cause, waiting }: EngineEvents['outage']): void {
    this.#outage = { since: this.#options.clock.now(), isSaid: false };
    this.#warn(cause, waiting);
  }

  recovery({ durationMs }: EngineEvents['recovery']): void {
    const { apiUrl, logger } = this.#options;
    if (this.#outage?.isSaid) {
      logger.warn(`${apiUrl} answers again, after ${secondsOf(durationMs)}.`);
    }
    this.#outage = undefined;
  }

  /** The same transport, of which each request is told. */
  watching({ send, ping, describe }: Watched): Pick<Watched, 'send' | 'ping'> {
    const { apiUrl, clock, logger, tell, waiting } = this.#options;
    const isQuiet = isMute(logger);
    const told = (
      what: string,
      leftAt: number,
      status: number | undefined,
      failure: Failure | undefined,
    ): void => {
      if (isQuiet && failure === undefined) return;
      const came = failure === undefined ? `status ${status}` : describe(failure).cause;
      const ms = Math.round(clock.now() - leftAt);
      if (!isQuiet) tell(() => logger.debug(`${what}: ${came}, after ${ms} ms.`));
      if (failure !== undefined && this.#outage) tell(() => this.#warn(came, waiting()));
    };
    return {
      send: async (batch, options) => {
        const leftAt = isQuiet ? 0 : clock.now();
        const reply = await send(batch, options);
        const failure = 'failure' in reply ? reply.failure : undefined;
        if (isQuiet && failure === undefined) return reply;
        const status = 'status' in reply ? reply.status : undefined;
        told(`POST ${apiUrl}/api/v1/bulk (${sizeOf(batch)})`, leftAt, status, failure);
        return reply;
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

  /** Says what goes on, unless there is no outage, or something was said just now. */
  #warn(cause: string, waiting: number): void {
    const { apiUrl, clock, logger } = this.#options;
    const now = clock.now();
    const outage = this.#outage;
    if (outage === undefined || now - this.#saidAt < QUIET_MS) return;
    this.#saidAt = now;
    const waits = waiting === 0 ? '' : ` ${callsThatWait(waiting)}.`;
    logger.warn(
      outage.isSaid
        ? `Still nothing usable comes from ${apiUrl}, for ${secondsOf(now - outage.since)} now: ${cause}.${waits}`
        : `Nothing usable comes from ${apiUrl}: ${cause}.${waits} What waits is sent when it answers, and rejected after deliveryTimeoutMs. Is apiUrl right, and the network up? Said once a minute while it lasts.`,
    );
    outage.isSaid = true;
  }
}

function sizeOf({ keys: { length }, bytes }: Batch): string {
  return `${length === 1 ? '1 item' : `${length} items`}, ${bytes} bytes`;
}

function callsThatWait(calls: number): string {
  return calls === 1 ? '1 call waits' : `${calls} calls wait`;
}

function secondsOf(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
