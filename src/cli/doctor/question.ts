import type { Finding } from './finding.ts';
import type { SmokeRun } from './smoke-run.ts';

/** Something that the sources leave open, or that the client relies on without having seen it. */
export interface Question {
  readonly id: string;
  /** Of wire.md. */
  readonly section: string;
  readonly question: string;
  /** Asks it in the run. May reject with `Unanswered`. */
  ask(run: SmokeRun): Promise<Finding>;
}
