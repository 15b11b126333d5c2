/**
 * Clients that are wrong in one place each, made by changing what leaves the client or what it tells.
 * The checker has to catch each of them by the rule that its error breaks.
 */
import type { Ledger } from '../../src/index.ts';
import type { Call, Outcome } from './calls.ts';
import { maybeApplied } from './calls.ts';
import { TOKEN } from './plan.ts';
import type { Seams } from './seams.ts';
import { PLAIN } from './seams.ts';
import { isFields, itemsOf, own } from './server/items.ts';
import type { Rule } from './story.ts';

export interface Mutant {
  /** What it does. */
  readonly name: string;
  readonly breaks: Rule;
  readonly seams: Seams;
}

export const MUTANTS: readonly Mutant[] = [
  mutant('sends an action a second time, under another key', 'one effect', {
    request: (body) => withItems(body, (texts) => [...texts, ...texts.slice(0, 1).map(otherKey)]),
  }),
  mutant('repeats an item with other bytes', 'same bytes', {
    request: ((seen) => (body: string) => {
      seen.set(body, (seen.get(body) ?? 0) + 1);
      return (seen.get(body) ?? 0) > 1 ? body.replaceAll('{"_type"', '{ "_type"') : body;
    })(new Map<string, number>()),
  }),
  mutant('sends a batch the wrong way round', 'order', {
    request: (body) => withItems(body, (texts) => texts.toReversed()),
  }),
  mutant('swaps the outputs of two items', 'own result', {
    answer: (body) => withOutputs(body, (outputs) => outputs.toReversed()),
  }),
  mutant('takes an output that is an error for a success', 'own result', {
    outcome: (_, outcome) =>
      Reflect.get(Object(errorOf(outcome)), 'code') === 'CONFLICT'
        ? { kind: 'resolved', value: {} }
        : outcome,
  }),
  mutant('says of what it lost that it was not done', 'truth', {
    outcome: (_, outcome) => told(outcome, { maybeApplied: false }, 'PrefactorClosedError'),
  }),
  mutant('says of what was refused that it may have been done', 'truth', {
    outcome: (_, outcome) => told(outcome, { maybeApplied: true }, 'PrefactorValidationError'),
  }),
  mutant('never settles a call whose attempts are used up', 'settles', {
    outcome: (_, outcome) =>
      errorOf(outcome)?.name === 'PrefactorRetryExhaustedError' ? undefined : outcome,
  }),
  mutant('fills a batch beyond its bound', 'bounds', {
    request: (body) => withItems(body, (texts) => [...texts, ...texts.map(otherKey)]),
  }),
  mutant('rejects an aborted call with an error of its own', 'reason', {
    outcome: (call, outcome) =>
      isAborted(call, outcome) ? { kind: 'rejected', error: new Error('aborted') } : outcome,
  }),
  mutant('says the token in an error', 'secret', {
    outcome: (_, outcome) => told(outcome, { note: `(${TOKEN})` }, 'PrefactorApiError'),
  }),
  mutant('gives up a call that nothing has happened to', 'innocence', {
    outcome: ({ kind }, outcome) =>
      kind === 'create' && outcome.kind === 'resolved'
        ? { kind: 'rejected', error: new Error('given up') }
        : outcome,
  }),
  mutant('forgets a call in its books', 'books', {
    ledger: (ledger) => ({ ...ledger, pending: Math.max(0, ledger.pending - 1) }),
  }),
  mutant('books what is in doubt as refused', 'columns', {
    ledger: ({ inDoubt, refused, ...rest }): Ledger => ({
      ...rest,
      inDoubt: 0,
      refused: refused + inDoubt,
    }),
  }),
];

function mutant(name: string, breaks: Rule, seams: Partial<Seams>): Mutant {
  return { name, breaks, seams: { ...PLAIN, ...seams } };
}

function withItems(body: string, change: (texts: string[]) => string[]): string {
  const texts = (itemsOf(body) ?? []).map(({ text }) => text);
  return `{"items":[${change(texts).join(',')}]}`;
}

function otherKey(text: string): string {
  const key = own(JSON.parse(text), 'idempotency_key');
  return text.replace(`"idempotency_key":"${key}"`, `"idempotency_key":"${String(key).slice(1)}~"`);
}

function withOutputs(body: string, change: (outputs: unknown[]) => unknown[]): string {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return body;
  }
  const outputs = own(answer, 'outputs');
  if (!isFields(answer) || !isFields(outputs)) return body;
  const changed = change(Object.values(outputs));
  const named = Object.keys(outputs).map((key, at) => [key, changed[at]]);
  return JSON.stringify({ ...answer, outputs: Object.fromEntries(named) });
}

function errorOf(outcome: Outcome): Error | undefined {
  return outcome.kind === 'rejected' && outcome.error instanceof Error ? outcome.error : undefined;
}

/** The same error, which says something else. */
function told(outcome: Outcome, fields: object, name?: string): Outcome {
  const error = errorOf(outcome);
  if (error === undefined || (name !== undefined && error.name !== name)) return outcome;
  const values = Object.fromEntries(
    Object.entries({ name: error.name, ...fields }).map(([field, value]) => [field, { value }]),
  );
  return { kind: 'rejected', error: Object.create(error, values) };
}

function isAborted(call: Call, outcome: Outcome): boolean {
  return (
    call.signal !== undefined &&
    maybeApplied(errorOf(outcome)) === undefined &&
    outcome.kind === 'rejected'
  );
}
