import type { Finding } from './finding.ts';
import type { SmokeRun } from './smoke-run.ts';

/** Something that the sources leave open, or that the client relies on without having seen it. */
export interface Question {
  readonly id: string;
  /** Of the notes that docs/internals/api.md was made from. */
  readonly section: string;
  readonly question: string;
  /** Asks it in the run. May reject with `Unanswered`. */
  ask(run: SmokeRun): Promise<Finding>;
}
