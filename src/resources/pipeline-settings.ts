import type { Emptied } from './emptied.ts';
import type { BeforeEnqueue } from './hook.ts';

/** What the way of every call depends on, beside the engine. */
export interface PipelineSettings {
  readonly ids: 'client' | 'server';
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
