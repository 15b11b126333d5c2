import type {
  About,
  Answer,
  Batch,
  ExecuteOptions,
  KeyClaim,
  Ledger,
  Name,
  Stats,
  Submission,
} from '../coalescer/index.ts';

/** What the calls need of the engine: the real one has it, and so does one that sends nothing. */
export interface Engine {
  submit(submission: Submission): Promise<unknown>;
  /** Calls that were accepted so far. */
  readonly accepted: number;
  /** A call that is never accepted: told to `failure`, rejected with `error`, counted if it is in the books. */
  decline(error: unknown, about: About): Promise<never>;
  /** A call that is left out on purpose: counted as declined, but no failure. */
  omit(): void;
  /** Whether a call has made what goes by this id, or may have, or is about to. */
  isThere(id: string): boolean;
  /** What the pending item makes that a call with this key and fingerprint would share. */
  sharedMakes(key: string, fingerprint: string, claim?: KeyClaim): Name | undefined;
  /** What goes by that name by now: the id that the server gave, where it gave one. */
  idOf(name: Name): Name;
  /** Sends a batch as it stands: it waits for no item, and is in no column of the books. */
  execute(batch: Batch, options?: ExecuteOptions): Promise<Answer>;
}

interface Deadline {
  readonly timeoutMs?: number | undefined;
}

/** What the client itself needs of it. */
export interface ClientEngine extends Engine {
  flush(deadline?: Deadline): Promise<Ledger>;
  close(deadline?: Deadline): Promise<Ledger>;
  ready(): Promise<void>;
  /** Sends at once what fits, in requests that outlive the page; gives the bytes that it sends. */
  sendOutliving(maxBytes: number): number;
  stats(): Stats;
}
