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

type Find = (answer: string) => Finding;
export const asAssumed: Find = (answer) => ({ finding: 'ok', answer });
export const different: Find = (answer) => ({ finding: 'different', answer });
export const problem: Find = (answer) => ({ finding: 'problem', answer });
export const unknown: Find = (answer) => ({ finding: 'unknown', answer });

/** Ends a question to which there was no usable answer. Its message is a sentence for people. */
export class Unanswered extends Error {}
