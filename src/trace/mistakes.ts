// What types forbid, and JavaScript lets through.
import { knownNames } from '../lib/nearest.ts';
import { tried } from '../lib/user-code.ts';
import { isObjectLike, kindOf } from '../lib/value-checks.ts';
import { genAiSpanTypes } from './genai-schemas.ts';
import type { RunParams } from './handles.ts';

/** Throws a `TypeError` that says what to pass. Without a function there is nothing that could be called unrecorded. */
export function needsFunction(fn: unknown, needs: string): void {
  if (typeof fn !== 'function')
    throw new TypeError(needs.replace('%', tried(() => kindOf(fn)) ?? 'an object'));
}

export const RUN_NEEDS =
  "tracer.run needs a function to record: tracer.run({ name: 'agent' }, () => …). It is %. To end a run yourself, use tracer.startRun.";
export const SPAN_NEEDS =
  "span needs a function to record: span('step', () => …). It is %. To end a span yourself, use startSpan.";
export const WITHIN_NEEDS = 'within needs a function to call. It is %.';

/** The fields of one kind of parameters. */
export interface KnownFields {
  /** Begins a sentence. */
  readonly what: string;
  readonly names: readonly string[];
  /** Known elsewhere: adapters may give all that they know of a span to both its start and its end. */
  readonly others?: readonly string[];
}

const ofStart = ['name', 'type', 'input', 'attributes', 'startedAt', 'id'];
const ofEnd = ['output', 'status', 'attributes', 'tokenUsage', 'error', 'endedAt'];

export const spanFields: KnownFields = { what: 'A span', names: ofStart, others: ofEnd };
export const detailFields: KnownFields = {
  what: 'What a span has set, or its end,',
  names: ofEnd,
  others: ofStart,
};
export const tokenFields: KnownFields = {
  what: 'The tokenUsage of a span',
  names: ['promptTokens', 'completionTokens', 'totalTokens'],
};
const ofRun: Record<keyof RunParams, true> = {
  name: true,
  type: true,
  input: true,
  attributes: true,
  startedAt: true,
  agentId: true,
  agentVersion: true,
  agentSchemaVersion: true,
  environmentId: true,
  externalIdentifier: true,
  id: true,
  idempotencyKey: true,
  purpose: true,
  updateCurrentVersion: true,
};
export const runFields: KnownFields = { what: 'A run', names: Object.keys(ofRun) };
export const runEndFields: KnownFields = {
  what: 'The end of a run',
  names: ['status', 'error', 'endedAt'],
};

/** What is wrong with the fields that were given, in a sentence; undefined: nothing. */
export function problemOfFields(given: unknown, known: KnownFields): string | undefined {
  const { what, names, others = [] } = known;
  if (!isObjectLike(given) || given instanceof Error) {
    const kind = isObjectLike(given) ? 'an error' : kindOf(given);
    return `${what} must be an object with fields such as ${names[0]}, but it is ${kind}. It is not recorded.`;
  }
  const unknown = Object.keys(given).find(
    (name) =>
      !names.includes(name) && !others.includes(name) && Reflect.get(given, name) !== undefined,
  );
  if (unknown === undefined) return undefined;
  return `${what} has the field ${unknown.slice(0, 100)}, which is not known here${knownNames(unknown.slice(0, 100), names)}. It is not recorded.`;
}

const typeNames = genAiSpanTypes.map(({ name }) => name);

/** Of a span in a run with the standard schemas. */
export function problemOfType(type: unknown): string | undefined {
  if (typeof type !== 'string' || typeNames.includes(type)) return undefined;
  const shown = type.slice(0, 100);
  return `A span has the type ${shown}, which is in no schema of its run${knownNames(shown, typeNames)}. It is shown without a schema. For types of your own, see genAiSpanTypes.`;
}
