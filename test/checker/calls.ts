/** What was called, what it depends on, and what became of it. */

export type Kind =
  | 'register'
  | 'start'
  | 'finishRun'
  | 'quality'
  | 'create'
  | 'finishSpan'
  | 'submit'
  | 'bulk';

/** What calls speak of. Its id may not be known yet, or never. */
export interface Thing {
  readonly name: string;
  readonly kind: 'run' | 'span' | 'agent';
  id: string | undefined;
  /** The run of a span. */
  readonly run: Thing | undefined;
  /** Calls that were to make it; none: it was there before, or nobody ever made it. */
  readonly makers: Call[];
  /** What callers can name it by. */
  promise: Promise<unknown> | undefined;
  result: unknown;
  /** Since when it has ended, in the order of all: by its create, or by the first finish. */
  ended: number;
}

export type Outcome =
  | { readonly kind: 'resolved'; readonly value: unknown }
  | { readonly kind: 'rejected'; readonly error: unknown };

export interface Call {
  /** What it is known by at the server: no two calls have the same, unless one repeats the other. */
  readonly marker: string;
  readonly kind: Kind;
  /** When it was made, in milliseconds. */
  readonly at: number;
  /** Its place in the order of all: from when on it may have been entered, and when it surely was. */
  begin: number;
  end: number;
  key: string;
  readonly isOwnKey: boolean;
  readonly makes: Thing | undefined;
  readonly changes: Thing | undefined;
  readonly uses: readonly Thing[];
  readonly signal: AbortSignal | undefined;
  /** Its signal was aborted before the call returned. */
  wasAborted: boolean;
  /** Whether `close` was called before the call was entered, or perhaps only while it was. */
  wasClosed: 'before' | 'perhaps' | 'no';
  /** A listener of `failure` made it, or perhaps the logger on its behalf. */
  readonly isFromFailure: 'yes' | 'perhaps' | 'no';
  /** The hook said null to it. */
  isLeftOut: boolean;
  /** Arguments are wrong on purpose, or user code threw while it was made. */
  isInvalid: boolean;
  /** The keys of its items; of a batched call its own only. */
  keys: readonly string[];
  outcome: Outcome | undefined;
  settledAt: number;
  /** Its place in the order of all. */
  settled: number;
  /** What is wrong with what it resolved to. */
  complaint: string | undefined;
}

export class CallBook {
  readonly all: Call[] = [];
  readonly byMarker = new Map<string, Call[]>();
  readonly byKey = new Map<string, Call[]>();

  add(call: Call): void {
    this.all.push(call);
    push(this.byMarker, call.marker, call);
  }

  /** When the key is known. */
  enter(call: Call): void {
    for (const key of call.keys) push(this.byKey, key, call);
  }

  withKey(key: string): readonly Call[] {
    return this.byKey.get(key) ?? [];
  }
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** What a call touches, with the strongest that it does to each. */
function touches(call: Call): ReadonlyMap<Thing, 'uses' | 'changes'> {
  const touched = new Map<Thing, 'uses' | 'changes'>();
  for (const thing of call.uses) touched.set(thing, 'uses');
  if (call.changes !== undefined) touched.set(call.changes, 'changes');
  if (call.makes !== undefined) touched.set(call.makes, 'changes');
  return touched;
}

/** Whether `later` has to wait for `earlier`, whose call was over before that of the other began. */
export function waitsFor(later: Call, earlier: Call): boolean {
  if (earlier.kind === 'bulk' || later.kind === 'bulk') return false;
  // The finish of a span that this client never made, which might be of any run.
  if (later.kind === 'finishRun' && earlier.kind === 'finishSpan') {
    const span = earlier.changes;
    if (span !== undefined && span.makers.length === 0) return true;
  }
  const theirs = touches(earlier);
  for (const [thing, mode] of touches(later)) {
    const other = theirs.get(thing);
    if (other !== undefined && (mode === 'changes' || other === 'changes')) return true;
  }
  return false;
}

export function errorOf(call: Call): unknown {
  return call.outcome?.kind === 'rejected' ? call.outcome.error : undefined;
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}

/** What an error says about whether it was done. */
export function maybeApplied(error: unknown): boolean | undefined {
  const value: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'maybeApplied') : undefined;
  return typeof value === 'boolean' ? value : undefined;
}
