import type {
  About,
  Answer,
  Batch,
  ExecuteOptions,
  KeyClaim,
  Ledger,
  Name,
  Resource,
  Stats,
  Submission,
} from '../coalescer/index.ts';

/** What the calls need of the engine: the real one has it, and so does one that sends nothing. */
export interface Engine {
  submit<T>(submission: Submission<T>): Promise<T>;
  /** Calls that were accepted so far. */
  readonly accepted: number;
  /** A call that is never accepted: told to `failure`, rejected with `error`, counted if it is in the books. */
  decline(error: unknown, about: About): Promise<never>;
  /** A call that is left out on purpose: counted as declined, but no failure. */
  omit(): void;
  /** Whether a call has made what goes by this id, or may have, or is about to. */
  isThere(id: string): boolean;
  /** What a call makes whose id only the server's answer tells. */
  newResource(): Resource;
  /** What the pending item makes that a call with this key and fingerprint would share. */
  sharedMakes(key: string, fingerprint: string, claim?: KeyClaim): Name | undefined;
  /** The id that the server gave, where it is another than the one that we sent. */
  idOf(id: string): string;
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
