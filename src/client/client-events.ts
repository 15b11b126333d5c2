import type { EngineEvents } from '../coalescer/index.ts';
import { engineEvents } from '../coalescer/index.ts';
import type { AnyPrefactorError } from '../errors/error-classes.ts';
import { invalidArgument } from '../errors/error-classes.ts';
import type { Listener } from '../lib/events.ts';
import { Events } from '../lib/events.ts';
import { aFunction, oneOfMany } from '../lib/value-checks.ts';

/** What a client tells its listeners; they only watch. */
export interface AutobatchEvents extends EngineEvents {
  /** A call was rejected. */
  failure: EngineEvents['failure'] & { readonly error: AnyPrefactorError };
  /** The API says that a run was terminated; once for each instance. Start nothing more in it. */
  terminate: { readonly agentInstanceId: string; readonly reason: string | null };
}

const anEvent = oneOfMany(
  'the name of an event',
  Object.keys({ ...engineEvents, terminate: true } satisfies Record<keyof AutobatchEvents, true>),
);

/** Passes events on to listeners. */
export class ClientEvents extends Events<AutobatchEvents> {
  /** Throws at once: a listener of a misspelt event would wait for ever. */
  override on<Name extends keyof AutobatchEvents>(
    name: Name,
    listener: Listener<AutobatchEvents[Name]>,
  ): () => void {
    const found = { event: anEvent(name), listener: aFunction(listener) };
    const issues = Object.entries(found).flatMap(([path, message]) =>
      message === undefined ? [] : [{ path, message }],
    );
    if (issues.length > 0) throw invalidArgument({ call: 'on', issues });
    return super.on(name, listener);
  }
}
