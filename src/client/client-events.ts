import type { EngineEvents } from '../coalescer/index.ts';
import { engineEvents } from '../coalescer/index.ts';
import type { PrefactorIssue } from '../errors/argument-error.ts';
import { invalidArgument } from '../errors/argument-error.ts';
import type { AnyPrefactorError } from '../errors/is-prefactor-error.ts';
import type { Listener } from '../lib/events.ts';
import { Events } from '../lib/events.ts';
import { knownNames } from '../lib/nearest.ts';
import { aFunction, describeValue } from '../lib/value-checks.ts';

/** What a client tells its listeners; they only watch. */
export interface AutobatchEvents extends EngineEvents {
  /** A call was rejected. */
  failure: EngineEvents['failure'] & { readonly error: AnyPrefactorError };
  /** Somebody ended a run; once for each instance. Start nothing more in it. */
  terminate: { readonly agentInstanceId: string; readonly reason: string | null };
}

/** All of their names. */
const names: Readonly<Record<keyof AutobatchEvents, true>> = { ...engineEvents, terminate: true };

/** Passes events on to listeners. */
export class ClientEvents extends Events<AutobatchEvents> {
  override on<Name extends keyof AutobatchEvents>(
    name: Name,
    listener: Listener<AutobatchEvents[Name]>,
  ): () => void {
    checkListener(name, listener);
    return super.on(name, listener);
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
