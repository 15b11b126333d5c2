/** What the sources leave open, or the client assumes without proof; by the id that `--json` has. */
export const questionTexts = {
  url: 'Does anything answer there?',
  token: 'Is the token taken?',
  bulk: 'Does the bulk endpoint answer, and is it the API?',
  register: 'Can a run be registered in bulk?',
  'client-id': "Does an id of the client's hold?",
  'tree-in-one-request': 'May a span, its child and its finish share a request?',
  'id-twice': 'What does a second create of an id get, under another key?',
  'other-partition': "Is an id of another partition than the run's taken?",
  'stops-at-error': 'Does the first error stop a request, and is the rest absent?',
  'unknown-type': 'What does an item of an unknown type do to its request?',
  'missing-field': 'What does an item that lacks a field do to its request?',
  'item-codes': "Have errors of items codes of the API's list?",
  replay: 'Does the same key again get the same answer, and do nothing?',
  'key-at-once': 'What does a key get whose first request is still under way?',
  'other-body': 'What does a key get that comes again with another body?',
  'stored-error': 'Is an error stored under its key?',
  'key-space': 'Do bulk and single endpoints share their keys?',
  start: 'Does agent_instances/start start a run, with flat fields?',
  'create-in-details': 'Does a create take its fields in details?',
  'flat-create': 'Does a create take its fields flat as well?',
  'flat-finish': 'Does the result of a flat finish arrive?',
  'wrapped-finish': 'What does a finish get whose fields stand in details?',
  'record-quality': 'Is there agent_instances/record_quality, with flat fields?',
  'undeclared-schema': 'Is a span taken whose schema_name was not declared?',
  control: 'Is there a control in the outputs of spans?',
  echo: 'Do answers repeat payloads?',
  'max-items': 'How many items may a request have?',
  'max-bytes': 'How many bytes may a request have?',
  finish: 'Is the run finished by agent_instances/finish?',
} as const;

export type QuestionId = keyof typeof questionTexts;

/** These can only be asked of an API that accepts ids of the client. */
export const needsIds: ReadonlySet<QuestionId> = new Set([
  'tree-in-one-request',
  'id-twice',
  'other-partition',
  'stored-error',
]);

/**
 * `ok`: as the client assumes. `different`: otherwise, and the answer says what follows from that.
 * `problem`: it could not be asked. `unknown`: the answer does not tell.
 */
export type FindingKind = 'ok' | 'different' | 'problem' | 'unknown';

export interface Finding {
  readonly finding: FindingKind;
  /** A sentence or two. */
  readonly answer: string;
}

type MakeFinding = (answer: string) => Finding;
export const asAssumed: MakeFinding = (answer) => ({ finding: 'ok', answer });
export const different: MakeFinding = (answer) => ({ finding: 'different', answer });
export const problem: MakeFinding = (answer) => ({ finding: 'problem', answer });
export const unknown: MakeFinding = (answer) => ({ finding: 'unknown', answer });

/** A question with its answer, as `--json` has it. */
export interface Answered extends Finding {
  readonly id: QuestionId;
  readonly question: string;
}

/** Takes a question's finding as it comes. */
export type Tell = (id: QuestionId, finding: Finding) => void;

/** Ends a question to which there was no usable answer. Its message is a sentence for people. */
export class Unanswered extends Error {}

/** The message of `Unanswered`; other errors are bugs, and thrown on. */
export function problemOf(error: unknown): Finding {
  if (error instanceof Unanswered) return problem(error.message);
  throw error;
}
