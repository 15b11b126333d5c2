import type { FiguresData } from '../../inspector/page-data.ts';
import type { ItemOutcome, Recording } from '../../inspector/recording.ts';
import type { Source } from '../../inspector/source.ts';
import type {
  AnsweredRequest,
  EmulatorOptions,
  RanItem,
  ReceivedRequest,
} from '../../testing/index.ts';

type Hooks = Required<Pick<EmulatorOptions, 'onRequest' | 'onAnswer'>>;

/** What an emulator sees, for the inspector; the hooks are options of the emulator. */
export class EmulatorSource implements Source {
  readonly view = 'server';
  readonly hooks: Hooks = {
    onRequest: (received) => this.#received(received),
    onAnswer: (answered) => this.#answered(answered),
  };
  readonly #since = Date.now();
  readonly #counts = { requests: 0, faults: 0, breaches: 0 };
  readonly #items = { succeeded: 0, replayed: 0, failed: 0, skipped: 0, notRun: 0, pending: 0 };
  /** Of requests in flight. */
  readonly #inFlight = new Map<number, ReceivedRequest>();
  #recording: Recording | undefined;
  #lastFault: string | null = null;

  watch(recording: Recording): () => void {
    this.#recording = recording;
    return () => {
      this.#recording = undefined;
    };
  }

  figures(): FiguresData {
    const parts = Object.entries(this.#items);
    const items = parts.reduce((sum, [, count]) => sum + count, 0);
    return {
      books: { total: ['items', items], parts, apart: [['requests', this.#counts.requests]] },
      gauges: { inFlight: this.#items.pending },
      counters: { ...this.#counts },
      health: { state: 'listening', since: this.#since, cause: this.#lastFault },
    };
  }

  #received(received: ReceivedRequest): void {
    const { request: number, route, items, bytes, keys } = received;
    const reason = route.replace(/^\w+ \/api\/v1\//, '');
    this.#counts.requests++;
    if (items === 0) return;
    this.#items.pending += items;
    this.#inFlight.set(number, received);
    this.#recording?.leave({ number, reason, items, bytes, at: Date.now() }, () => keys);
  }

  #answered({ request, status, ms, faults, breaches, ran, replayed }: AnsweredRequest): void {
    this.#counts.faults += faults.length;
    this.#counts.breaches += breaches.length;
    if (faults.length > 0) this.#lastFault = `fault: ${faults.join(', ')}`;
    const received = this.#inFlight.get(request);
    if (received === undefined) return;
    this.#inFlight.delete(request);
    const outcomes = itemOutcomesOf(received, ran);
    this.#items.pending -= received.items;
    this.#items.replayed += replayed;
    this.#items.succeeded -= replayed;
    for (const outcome of outcomes) this.#items[outcome === 'again' ? 'notRun' : outcome]++;
    const at = Date.now();
    const [fault] = faults;
    this.#recording?.answer(
      request,
      {
        ms,
        status: status === 'dropped' ? undefined : status,
        cause: fault === undefined ? undefined : `fault: ${fault}`,
        outcomes,
      },
      at,
    );
    for (const item of ran) this.#tellFailure(item, at);
  }

  #tellFailure({ key, type, outcome, code, message, id }: RanItem, at: number): void {
    if (outcome !== 'error') return;
    const facts = id === null ? {} : { resourceId: id };
    this.#recording?.fail({
      at,
      key: key ?? undefined,
      type,
      words: [{ name: code ?? 'error', message: message ?? '', facts }],
    });
  }
}

/** In the order of the items: what ran before the first error, and what was not reached after it. */
function itemOutcomesOf({ items, keys }: ReceivedRequest, ran: readonly RanItem[]): ItemOutcome[] {
  const byKey = new Map(ran.map((item) => [item.key, item.outcome]));
  const rest = ran.some(({ outcome }) => outcome === 'error') ? 'skipped' : 'again';
  return Array.from({ length: items }, (_, place): ItemOutcome => {
    const key = keys[place];
    const outcome = key === undefined ? ran[place]?.outcome : byKey.get(key);
    if (outcome === undefined) return rest;
    return outcome === 'error' ? 'failed' : 'succeeded';
  });
}
