import type { Finding } from './finding.ts';
import type { SmokeRun } from './smoke-run.ts';

/** Something that the sources leave open, or that the client relies on without having seen it. */
export interface Question {
  readonly id: string;
  readonly question: string;
  /** It can only be asked where ids that the client makes hold. */
  readonly needsIds?: true;
  /** Asks it in the run. May reject with `Unanswered`. */
  ask(run: SmokeRun): Promise<Finding>;
}
