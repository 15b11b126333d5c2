import type { EngineEvents } from '../coalescer/index.ts';
import { engineEvents } from '../coalescer/index.ts';
import type { PrefactorIssue } from '../errors/argument-error.ts';
import { invalidArgument } from '../errors/argument-error.ts';
import type { AnyPrefactorError } from '../errors/is-prefactor-error.ts';
import type { Listener } from '../lib/events.ts';
import { Events } from '../lib/events.ts';
import type { Logger } from '../lib/logger.ts';
import { ignoresDebug } from '../lib/logger.ts';
import { knownNames } from '../lib/nearest.ts';
import { aFunction, describeValue } from '../lib/value-checks.ts';
import { FailureWarnings } from './failure-warnings.ts';
import type { ServerLogOptions } from './server-log.ts';
import { ServerLog } from './server-log.ts';

/** What a client tells its listeners; they only watch. */
export interface AutobatchEvents extends EngineEvents {
  /** A call was rejected. */
  failure: EngineEvents['failure'] & { readonly error: AnyPrefactorError };
  /** Somebody ended a run; once for each instance. Start nothing more in it. */
  terminate: { readonly agentInstanceId: string; readonly reason: string | null };
}

/** All of their names. */
const names: Readonly<Record<keyof AutobatchEvents, true>> = { ...engineEvents, terminate: true };

export interface ClientEventsOptions extends Omit<ServerLogOptions, 'events'> {
  readonly onIdle: (() => void) | undefined;
}

/**
 * Passes events on to listeners. Warnings go to the log: of failures where there is no listener, and of outages. The
 * log gets key, type, attempt and reason, never a payload.
 */
export class ClientEvents extends Events<AutobatchEvents> {
  readonly #logger: Logger;
  readonly serverLog: ServerLog;

  constructor({ onIdle, ...options }: ClientEventsOptions) {
    super(options);
    this.#logger = options.logger;
    const log = new ServerLog({ ...options, events: this });
    this.serverLog = log;
    const warnings = new FailureWarnings(options);
    if (onIdle !== undefined) this.onSync('idle', onIdle);
    this.onSync('outage', (detail) => this.defer(() => log.outage(detail)));
    this.onSync('recovery', (detail) => this.defer(() => log.recovery(detail)));
    this.onSync('failure', ({ error }) => {
      if (!this.hasListeners('failure')) this.defer(() => warnings.report(error));
    });
    this.onSync('requeue', (detail) => {
      this.debug('An item was skipped, and goes back.', detail);
    });
    this.onSync('retry', (detail) => {
      this.debug('An item goes back for another attempt.', detail);
    });
  }

  override on<Name extends keyof AutobatchEvents>(
    name: Name,
    listener: Listener<AutobatchEvents[Name]>,
  ): () => void {
    checkListener(name, listener);
    return super.on(name, listener);
  }

  /** The logger is the user's own code as much as a listener is: it is called when the step is over. */
  debug(message: string, detail: unknown): void {
    if (!ignoresDebug(this.#logger)) this.defer(() => this.#logger.debug(message, detail));
  }
}

/** Throws at once: a listener of a misspelt event would wait for ever. */
function checkListener(name: unknown, listener: unknown): void {
  const known = Object.keys(names);
  const issues: PrefactorIssue[] = [];
  if (typeof name !== 'string' || !known.includes(name)) {
    const hint = typeof name === 'string' ? knownNames(name, known, (one) => `'${one}'`) : '';
    const message = `must be the name of an event, but it is ${describeValue(name)}${hint}`;
    issues.push({ path: 'event', message });
  }
  const message = aFunction(listener);
  if (message !== undefined) issues.push({ path: 'listener', message });
  if (issues.length > 0) throw invalidArgument({ call: 'on', issues });
}
