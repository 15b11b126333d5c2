/**
 * `ok`: as the client assumes. `different`: not so, and the answer says what follows from it.
 * `problem`: it could not be asked. `unknown`: asked, and it cannot be told.
 */
export type Verdict = 'ok' | 'different' | 'problem' | 'unknown';

/** What came of a question. */
export interface Finding {
  readonly verdict: Verdict;
  /** A sentence or two. */
  readonly answer: string;
}

/** A question with its answer, as `--json` has it. */
export interface Answered extends Finding {
  readonly id: string;
  readonly question: string;
}

/** The answers so far; each is passed on as it comes. */
export class Answers {
  readonly all: Answered[] = [];
  readonly #tell: (answered: Answered) => void;

  constructor(tell: (answered: Answered) => void) {
    this.#tell = tell;
  }

  add(id: string, question: string, finding: Finding): void {
    const answered = { id, question, ...finding };
    this.all.push(answered);
    this.#tell(answered);
  }
}

type Find = (answer: string) => Finding;
export const asAssumed: Find = (answer) => ({ verdict: 'ok', answer });
export const different: Find = (answer) => ({ verdict: 'different', answer });
export const problem: Find = (answer) => ({ verdict: 'problem', answer });
export const unknown: Find = (answer) => ({ verdict: 'unknown', answer });

/** Ends a question to which there was no usable answer. Its message is a sentence for people. */
export class Unanswered extends Error {
  override get name(): string {
    return 'Unanswered';
  }
}
