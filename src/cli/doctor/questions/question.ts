import type { Finding } from './finding.ts';
import type { SmokeRun } from './smoke-run.ts';

/** What the sources leave open, or the client assumes without proof; by the id that `--json` has. */
const questionTexts = {
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

/** Asks a question in the run. May reject with `Unanswered`. */
export type Ask = (run: SmokeRun) => Promise<Finding>;
export type Questions = { readonly [Id in QuestionId]?: Ask };

/** A question with its answer, as `--json` has it. */
export interface Answered extends Finding {
  readonly id: QuestionId;
  readonly question: string;
}

/** The answers so far; each is passed on as it comes. */
export class Answers {
  readonly all: Answered[] = [];
  readonly #tell: (answered: Answered) => void;

  constructor(tell: (answered: Answered) => void) {
    this.#tell = tell;
  }

  add(id: QuestionId, finding: Finding): void {
    const answered = { id, question: questionTexts[id], ...finding };
    this.all.push(answered);
    this.#tell(answered);
  }
}
