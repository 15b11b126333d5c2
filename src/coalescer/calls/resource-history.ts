/**
 * What is remembered of resources for later calls: which were made, which failed, and which ids they have. Bounded.
 */
import { LruMap } from '../../lib/lru-map.ts';
import type {
  DependencyCause,
  FailedItem,
  LastAttempt,
  Reason,
  ToRecord,
} from '../ports/reason.ts';
import type { Name } from '../ports/submission.ts';

/** How much of each kind is remembered, at least. */
const MAX_REMEMBERED_RESOURCES = 10_000;

export interface ResourceHistoryPorts<Failure> {
  readonly toRecord: ToRecord<Failure>;
  /** Called with each id that an answer made known; without one, where there will be none. */
  readonly onNamed: (name: Name, id: string | undefined) => void;
  /** Whether a pending item makes, changes or uses it. */
  readonly isInLine: (name: Name) => boolean;
  /** Whether a pending item makes it. */
  readonly isBeingMade: (name: Name) => boolean;
}

export class ResourceHistory<Failure> {
  /** What could not be made, and why, as short records. */
  readonly #failed = new LruMap<Name, DependencyCause<Failure>>({ max: MAX_REMEMBERED_RESOURCES });
  /** Ids that exist or may exist: a later failure to make one changes nothing. */
  readonly #there = new LruMap<string, true>({ max: MAX_REMEMBERED_RESOURCES });
  /** Ids that the server gave instead of others. */
  readonly #replaced = new LruMap<string, string>({ max: MAX_REMEMBERED_RESOURCES });
  /** The ids of what went by numbers. */
  readonly #named = new LruMap<number, string>({ max: MAX_REMEMBERED_RESOURCES });
  readonly #records = new WeakMap<FailedItem<Failure>, FailedItem<Failure>>();
  readonly #ports: ResourceHistoryPorts<Failure>;

  constructor(ports: ResourceHistoryPorts<Failure>) {
    this.#ports = ports;
  }

  made(id: string): void {
    if (this.#replaced.size > 0) this.#replaced.take(id);
    if (this.#failed.size > 0) this.#failed.take(id);
    this.#there.add(id, true);
  }

  /** It was made, and has another id than was sent, or one in place of its number. */
  madeAs(sent: Name, id: string): void {
    if (typeof sent === 'string') this.#replaced.set(sent, id);
    else this.#named.add(sent, id);
    this.mayBeThere(id);
    this.#ports.onNamed(sent, id);
  }

  mayBeThere(id: string): void {
    this.forgetFailure(id);
    this.#there.add(id, true);
  }

  isThere(name: Name): boolean {
    const id = typeof name === 'string' ? name : this.#named.get(name);
    if (id === undefined) return false;
    return this.#there.get(id) === true || this.#replaced.get(id) !== undefined;
  }

  /** Whether it exists, may exist, or is about to. */
  isThereOrComing(name: Name): boolean {
    return this.isThere(name) || this.#ports.isBeingMade(name);
  }

  /** A call to make it is not accepted, which matters only if no other one makes it. */
  declined(name: Name, cause: DependencyCause<Failure>): void {
    if (!this.isThereOrComing(name)) this.failed(name, cause);
  }

  /** It could not be made, so its number will never have an id. */
  failed(name: Name, cause: DependencyCause<Failure>): void {
    this.#failed.set(name, this.#recordOf(cause));
    if (typeof name === 'number') this.#ports.onNamed(name, undefined);
  }

  forgetFailure(name: Name): void {
    if (this.#failed.size > 0) this.#failed.take(name);
  }

  /** Why it will not be there, if that is known. */
  failureOf(name: Name): DependencyCause<Failure> | undefined {
    const failure = this.#failed.size === 0 ? undefined : this.#failed.get(name);
    if (failure !== undefined || typeof name === 'string' || this.#ports.isInLine(name)) {
      return failure;
    }
    const id = this.#named.get(name);
    // No call for it is pending and it has no id, so it was declined.
    return id === undefined ? 'declined' : this.#failed.get(id);
  }

  idOf(name: Name): Name {
    const id = typeof name === 'string' ? name : this.#named.get(name);
    if (id === undefined) return name;
    return this.#replaced.size === 0 ? id : (this.#replaced.get(id) ?? id);
  }

  /** One record for all that the cause has taken along. */
  #recordOf(cause: DependencyCause<Failure>): DependencyCause<Failure> {
    if (typeof cause !== 'object') return cause;
    let record = this.#records.get(cause);
    if (record === undefined) {
      record = { key: cause.key, reason: recordOf(cause.reason, this.#ports.toRecord) };
      this.#records.set(cause, record);
      this.#records.set(record, record);
    }
    return record;
  }
}

/** What is remembered of a reason. Where `toRecord` throws, as little as without it. */
function recordOf<Failure>(reason: Reason<Failure>, toRecord: ToRecord<Failure>): Reason<Failure> {
  try {
    return rememberedReason(reason, toRecord);
  } catch {
    return rememberedReason(reason, {});
  }
}

function rememberedReason<Failure>(
  reason: Reason<Failure>,
  toRecord: ToRecord<Failure>,
): Reason<Failure> {
  switch (reason.kind) {
    case 'error':
    case 'used':
      return { ...reason, output: toRecord.output?.(reason.output) };
    case 'refused':
      return { ...reason, failure: rememberedFailure(reason.failure, toRecord) };
    case 'exhausted':
    case 'closed':
      return { ...reason, last: reason.last && rememberedLast(reason.last, toRecord) };
    case 'skipped': {
      const { key, reason: first } = reason.because;
      return { ...reason, because: { key, reason: rememberedReason(first, toRecord) } };
    }
    case 'contract':
      return { ...reason, output: undefined };
    case 'threw':
      return { ...reason, error: toRecord.error?.(reason.error) };
    case 'aborted':
      return { ...reason, reason: undefined };
    case 'dependency':
    case 'conflict':
    case 'full':
      return reason;
    default:
      return reason satisfies never;
  }
}

function rememberedLast<Failure>(
  last: LastAttempt<Failure>,
  toRecord: ToRecord<Failure>,
): LastAttempt<Failure> {
  switch (last.kind) {
    case 'output':
      return { ...last, output: toRecord.output?.(last.output) };
    case 'failure':
      return { kind: 'failure', failure: rememberedFailure(last.failure, toRecord) };
    case 'silence':
      return last;
    default:
      return last satisfies never;
  }
}

function rememberedFailure<Failure>(failure: Failure, toRecord: ToRecord<Failure>): Failure {
  return toRecord.failure === undefined ? failure : toRecord.failure(failure);
}
