import type { Batch, EngineEvents, Ping, Send, Trouble } from '../coalescer/index.ts';
import type { Failure } from '../errors/failure.ts';
import type { Clock } from '../lib/clock.ts';
import type { Listener } from '../lib/events.ts';
import type { Logger } from '../lib/logger.ts';
import { ignoresDebug } from '../lib/logger.ts';

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
  /** Tells of each request that came back, from now on; returns what stops that. */
  readonly onResponse: (listener: Listener<EngineEvents['response']>) => () => void;
}

/** What goes on while nothing usable comes. */
interface Outage {
  readonly since: number;
  readonly stopListening: () => void;
  isSaid: boolean;
}

/**
 * What the log says of the server: when nothing usable comes of it, once a minute while that lasts, and
 * when it answers again; and, for those who debug, a line for each request.
 */
export class ServerLog {
  readonly #options: ServerLogOptions;
  #outage: Outage | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(options: ServerLogOptions) {
    this.#options = options;
  }

  outage({ cause, waiting }: EngineEvents['outage']): void {
    const { clock, onResponse } = this.#options;
    const stopListening = onResponse(({ cause: met }) => {
      if (met !== undefined) this.#warn(met, this.#options.waiting());
    });
    this.#outage = { since: clock.now(), stopListening, isSaid: false };
    this.#warn(cause, waiting);
  }

  recovery({ durationMs }: EngineEvents['recovery']): void {
    const { apiUrl, logger } = this.#options;
    if (this.#outage?.isSaid) {
      logger.warn(`${apiUrl} answers again, after ${secondsOf(durationMs)}.`);
    }
    this.#outage?.stopListening();
    this.#outage = undefined;
  }

  /** The same transport, of which what somebody should know is told. */
  watching({ send, ping, describe }: Watched): Pick<Watched, 'send' | 'ping'> {
    const { apiUrl, tell, waiting } = this.#options;
    const debugs = !ignoresDebug(this.#options.logger);
    const toldPing: Watched['ping'] = async (options) => {
      const leftAt = this.#options.clock.now();
      const answer = await ping(options);
      const met = typeof answer === 'boolean' ? undefined : describe(answer.failure).cause;
      if (debugs) this.#debug(`GET ${apiUrl}/api/v1/ping: ${met ?? 'status 200'}`, leftAt);
      if (met !== undefined && this.#outage) tell(() => this.#warn(met, waiting()));
      return answer;
    };
    // Of requests, the engine tells what is of interest beside that.
    if (!debugs) return { send, ping: toldPing };
    const toldSend: Watched['send'] = async (batch, options) => {
      const leftAt = this.#options.clock.now();
      const reply = await send(batch, options);
      const met = 'failure' in reply ? describe(reply.failure).cause : `status ${reply.status}`;
      this.#debug(`POST ${apiUrl}/api/v1/bulk (${sizeOf(batch)}): ${met}`, leftAt);
      return reply;
    };
    return { send: toldSend, ping: toldPing };
  }

  #debug(line: string, leftAt: number): void {
    const { clock, logger, tell } = this.#options;
    const ms = Math.round(clock.now() - leftAt);
    tell(() => logger.debug(`${line}, after ${ms} ms.`));
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
