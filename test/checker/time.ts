/** How a run is timed: what lives in the process, and what outside of it. */

export type Wake = () => void;

export interface Time {
  /** Milliseconds since the start; outside of the process it goes on while the process stands still. */
  readonly now: () => number;
  readonly wallNow: () => number;
  /** Wakes the agents, which live in the process. */
  after(ms: number, wake: Wake): void;
  /** Wakes the network and the server, which do not. */
  afterOutside(ms: number, wake: Wake): void;
  /** Hands something to the process: at once, or when it goes on. */
  deliver(what: Wake): void;
  /** Lets the process stand still for so long at the next step. */
  stop(ms: number): void;
  /** How long it stood still, in all. */
  readonly stoppedMs: number;
  /** Says that something has happened, so that it is not quiet yet. */
  stir(): void;
}
