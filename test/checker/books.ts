/** The client's books against what the callers were told. */
import type { AutobatchClient, Ledger } from '../../src/index.ts';
import type { Call, CallBook } from './calls.ts';
import { errorOf, maybeApplied, nameOf } from './calls.ts';
import type { Seams } from './seams.ts';
import type { Signals } from './signals.ts';
import type { Story } from './story.ts';

type Column = Exclude<keyof Ledger, 'accepted'>;

const COLUMNS: readonly Exclude<Column, 'declined'>[] = [
  'succeeded',
  'refused',
  'notAttempted',
  'inDoubt',
  'cancelled',
  'pending',
];

export class Books {
  readonly #client: AutobatchClient;
  readonly #book: CallBook;
  readonly #story: Story;
  readonly #seams: Seams;
  readonly #signals: Signals;
  looks = 0;

  constructor(
    client: AutobatchClient,
    book: CallBook,
    story: Story,
    seams: Seams,
    signals: Signals,
  ) {
    this.#client = client;
    this.#book = book;
    this.#story = story;
    this.#seams = seams;
    this.#signals = signals;
  }

  /** Whenever user code can look. */
  look(): void {
    this.looks++;
    const ledger = this.#ledger();
    const sum = COLUMNS.reduce((total, column) => total + ledger[column], 0);
    const isSound = COLUMNS.every((column) => ledger[column] >= 0);
    if (sum !== ledger.accepted || !isSound) {
      this.#story.fail('books', JSON.stringify(ledger));
    }
  }

  /** When all is over: the columns can be told from what each caller was told. */
  close(isDone: (call: Call) => boolean): void {
    this.look();
    const ledger = this.#ledger();
    const calls = this.#book.all.filter(({ kind }) => kind !== 'bulk');
    const [least, most] = [new Map<Column, number>(), new Map<Column, number>()];
    for (const call of calls) {
      const columns = this.#columnsOf(call, isDone);
      for (const column of columns) add(most, column);
      const [only] = columns;
      if (columns.length === 1 && only !== undefined) add(least, only);
    }
    for (const column of [...COLUMNS, 'declined'] as const) {
      const booked = ledger[column];
      if (booked < (least.get(column) ?? 0) || booked > (most.get(column) ?? 0)) {
        this.#story.fail(
          'columns',
          `${column} is ${booked}, but ${least.get(column) ?? 0} to ${most.get(column) ?? 0} were told so`,
        );
      }
    }
    if (ledger.accepted + ledger.declined !== calls.length) {
      this.#story.fail(
        'columns',
        `${ledger.accepted} accepted and ${ledger.declined} declined are not ${calls.length} calls`,
      );
    }
  }

  #ledger(): Ledger {
    return this.#seams.ledger(this.#client.stats().ledger);
  }

  /** Where a call may stand. */
  #columnsOf(call: Call, isDone: (call: Call) => boolean): readonly Column[] {
    if (call.outcome === undefined) return ['pending'];
    if (call.outcome.kind === 'resolved') {
      // Of two that share a key, the hook may have left out one.
      if (call.isOwnKey) return ['succeeded', 'declined'];
      return isDone(call) ? ['succeeded'] : ['declined'];
    }
    if (this.#signals.isOdd(call.signal)) return ['declined', ...COLUMNS];
    const error = errorOf(call);
    const done = maybeApplied(error);
    if (done === undefined) return call.wasAborted ? ['cancelled', 'declined'] : ['cancelled'];
    switch (nameOf(error)) {
      case 'PrefactorInvalidArgumentError':
      case 'PrefactorQueueFullError':
      case 'PrefactorIdempotencyConflictError':
        return ['declined'];
      case 'PrefactorClosedError':
        if (call.wasClosed === 'before') return ['declined'];
        if (done) return ['inDoubt'];
        return call.wasClosed === 'no' ? ['notAttempted'] : ['notAttempted', 'declined'];
      case 'PrefactorDependencyError':
        return done ? ['inDoubt'] : ['refused'];
      case 'PrefactorSkippedError':
        return done ? ['inDoubt'] : ['notAttempted'];
      case 'PrefactorRetryExhaustedError':
        return done ? ['inDoubt'] : ['notAttempted', 'refused'];
      case 'PrefactorContractError':
        return ['inDoubt'];
      default:
        // The API said no; in doubt where an attempt before it has had no answer.
        return done ? ['refused', 'inDoubt'] : ['refused'];
    }
  }
}

function add(counts: Map<Column, number>, column: Column): void {
  counts.set(column, (counts.get(column) ?? 0) + 1);
}
