import type { Ids } from '../ids/ids.ts';
import type { BeforeEnqueue } from './before-enqueue.ts';
import type { Engine } from './engine.ts';
import type { Emptied } from './json-losses.ts';

/** What the way of every call depends on. */
export interface PipelineSettings {
  readonly engine: Engine;
  readonly ids: Ids;
  /** A span gets an id of ours, where its run has one that tells its partition. */
  readonly makesSpanIds: boolean;
  readonly maxItemBytes: number;
  /** Every call is left out, and nobody has to know what went with what. */
  readonly disabled: boolean;
  readonly beforeEnqueue: BeforeEnqueue | undefined;
  /** An answer says that the run of an instance was ended; perhaps not for the first time. */
  readonly onTerminate: (agentInstanceId: string, reason: string | null) => void;
  /** Takes every token out of a text that the server wrote. */
  readonly redact: (text: string) => string;
  /** Told of what JSON writes as `{}`, though it is more than that; undefined where nobody reads of it. */
  readonly onEmptied: ((emptied: Emptied) => void) | undefined;
}
