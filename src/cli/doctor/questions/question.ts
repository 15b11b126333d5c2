import type { Finding } from './finding.ts';
import type { SmokeRun } from './smoke-run.ts';

/** Something that the sources leave open, or that the client assumes without proof. */
export interface Question {
  readonly id: string;
  readonly question: string;
  /** It can only be asked of an API that accepts ids of the client. */
  readonly needsIds?: true;
  /** Asks it in the run. May reject with `Unanswered`. */
  ask(run: SmokeRun): Promise<Finding>;
}
