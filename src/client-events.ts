import type { Emitter, EngineEvents } from './coalescer/index.ts';
import type { PrefactorIssue } from './errors/argument.ts';
import { PrefactorInvalidArgumentError } from './errors/argument.ts';
import { FailureNotice } from './failure-notice.ts';
import { aFunction, shown } from './internal/checks.ts';
import type { Clock } from './internal/clock.ts';
import type { Listener } from './internal/events.ts';
import { Events } from './internal/events.ts';
import { nearest } from './internal/nearest.ts';
import type { Logger } from './internal/warn.ts';
import { isMute } from './internal/warn.ts';
import type { Watched } from './server-log.ts';
import { ServerLog } from './server-log.ts';

/** What a client tells those who listen; they only watch. */
export interface AutobatchEvents extends EngineEvents {
  /** Somebody ended a run; once for each instance. Start nothing more in it. */
  terminate: { readonly agentInstanceId: string; readonly reason: string | null };
}

/** All of their names. */
const names: Readonly<Record<keyof AutobatchEvents, true>> = {
  dispatch: true,
  response: true,
  requeue: true,
  retry: true,
  pause: true,
  outage: true,
  recovery: true,
  failure: true,
  terminate: true,
  idle: true,
};

export interface ClientEventsOptions {
  readonly apiUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The number of calls that wait. */
  readonly waiting: () => number;
  readonly onIdle: () => void;
}

/**
 * Passes events on to those who listen, and to the log what nobody listens to but somebody should
 * know. The log gets key, type, attempt and reason; never a payload.
 */
export class ClientEvents implements Emitter {
  readonly #events: Events<AutobatchEvents>;
  readonly #notice: FailureNotice;
  readonly #logger: Logger;
  readonly #serverLog: ServerLog;
  readonly #onIdle: () => void;

  constructor({ apiUrl, clock, logger, waiting, onIdle }: ClientEventsOptions) {
    this.#events = new Events(clock, logger);
    this.#notice = new FailureNotice(clock, logger);
    this.#logger = logger;
    const tell = (line: () => void): void => {
      this.#events.note(line);
      this.#events.deliver();
    };
    this.#serverLog = new ServerLog({ apiUrl, clock, logger, waiting, tell });
    this.#onIdle = onIdle;
  }

  /** The same transport, of which the log hears. */
  watching(transport: Watched): Pick<Watched, 'send' | 'ping'> {
    return this.#serverLog.watching(transport);
  }

  on<Name extends keyof AutobatchEvents>(
    name: Name,
    listener: Listener<AutobatchEvents[Name]>,
  ): () => void {
    checkListener(name, listener);
    return this.#events.on(name, listener);
  }

  has(name: keyof AutobatchEvents): boolean {
    return this.#events.has(name);
  }

  emit<Name extends keyof AutobatchEvents>(name: Name, detail: AutobatchEvents[Name]): void {
    if (name === 'idle') this.#onIdle();
    if (name === 'requeue') this.debug('An item was skipped, and goes back.', detail);
    if (name === 'retry') this.debug('An item goes back for another attempt.', detail);
    if (name === 'outage' && 'waiting' in detail) {
      this.#events.note(() => this.#serverLog.outage(detail));
    }
    if (name === 'recovery' && 'durationMs' in detail) {
      this.#events.note(() => this.#serverLog.recovery(detail));
    }
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
  debug(message: string, detail: unknown): void {
    if (!isMute(this.#logger)) this.#events.note(() => this.#logger.debug(message, detail));
  }
}

/** @throws {PrefactorInvalidArgumentError} what a misspelt event would never tell, nobody would miss */
function checkListener(name: unknown, listener: unknown): void {
  const known = Object.keys(names);
  const issues: PrefactorIssue[] = [];
  if (typeof name !== 'string' || !known.includes(name)) {
    const hint = typeof name === 'string' ? `; the nearest is '${nearest(name, known)}'` : '';
    const message = `must be the name of an event, but it is ${shown(name)}${hint}`;
    issues.push({ path: 'event', message });
  }
  const message = aFunction(listener);
  if (message !== undefined) issues.push({ path: 'listener', message });
  if (issues.length > 0) throw new PrefactorInvalidArgumentError('Invalid call of on', issues);
}
