import type {
  DeclinedCall,
  ExecuteOptions,
  Name,
  PackedAnswer,
  PackedItems,
  Read,
  Submission,
} from '../../src/coalescer/index.ts';
import { IdGenerator } from '../../src/ids/id-generator.ts';
import { deferred } from '../../src/lib/deferred.ts';
import type { CallPipelineSettings } from '../../src/pipeline/call-pipeline.ts';
import { CallPipeline } from '../../src/pipeline/call-pipeline.ts';
import type { ReadAs } from '../../src/pipeline/output-reader.ts';
import { AgentInstances } from '../../src/resources/agent-instances.ts';
import { AgentSpans } from '../../src/resources/agent-spans.ts';
import type { BulkSettings } from '../../src/resources/bulk.ts';
import { Bulk } from '../../src/resources/bulk.ts';

type Engine = CallPipelineSettings['engine'] & BulkSettings['engine'];

interface Entry {
  readonly submission: Submission;
  isPending: boolean;
  readonly settle: (output: unknown) => void;
}

/** An engine that keeps what it is given, and answers when the test says so. */
class RecordingEngine implements Engine {
  readonly entries: Entry[] = [];
  readonly declined: (DeclinedCall & { readonly error: unknown })[] = [];
  /** Calls that were left out. */
  omitted = 0;
  /** Ids that are there, though no call here has made them. */
  readonly there = new Set<string>();
  readonly batches: PackedItems[] = [];
  /** What each of them was sent with. */
  readonly terms: (ExecuteOptions | undefined)[] = [];
  /** Told of ids that only an answer made known, as the engine tells it. */
  onNamed: (name: Name, id: string) => void = () => {};
  /** Judges an output, as the engine has it judged. */
  read: Read = () => ({ kind: 'malformed' });
  /** The ids of what goes by numbers, as far as they are known. */
  readonly ids = new Map<number, string>();
  /** Ids of the server's that are others than those that were sent. */
  readonly otherIds = new Map<string, string>();

  get accepted(): number {
    return this.entries.length;
  }

  get submissions(): Submission[] {
    return this.entries.map(({ submission }) => submission);
  }

  /** The texts as sent; what is missing is written as "?". */
  get texts(): string[] {
    return this.submissions.map(({ pieces, holes }) =>
      pieces.reduce(
        (text, piece, index) =>
          text + JSON.stringify(this.ids.get(holes[index - 1] ?? 0) ?? '?') + piece,
      ),
    );
  }

  /** The item at that place as JSON. */
  item(place: number): { [field: string]: unknown; details?: { [field: string]: unknown } } {
    return JSON.parse(this.texts[place] ?? 'null');
  }

  /** Answers the item at that place with a success, or with another output. */
  answer(place: number, details: object, more: object = {}): void {
    this.entries[place]?.settle({ status: 'success', details, ...more });
  }

  submit(submission: Submission): Promise<unknown> {
    const call = deferred<unknown>();
    const settle = (output: unknown): void => {
      entry.isPending = false;
      const verdict = this.read(output, submission.readAs);
      if (verdict.kind === 'success') {
        this.#name(submission.makes, verdict.id);
        call.resolve(verdict.value);
      } else {
        call.reject(verdict);
      }
    };
    const entry: Entry = { submission, isPending: true, settle };
    this.entries.push(entry);
    call.promise.catch(() => {});
    return call.promise;
  }

  decline(error: unknown, about: DeclinedCall): Promise<never> {
    this.declined.push({ ...about, error });
    const promise = Promise.reject(error);
    promise.catch(() => {});
    return promise;
  }

  omit(): void {
    this.omitted++;
  }

  isThere(id: string): boolean {
    const makesIt = ({ makes }: Submission): boolean =>
      id === (typeof makes === 'number' ? this.ids.get(makes) : makes);
    return this.there.has(id) || this.submissions.some(makesIt);
  }

  sharedMakes(key: string, fingerprint: string): Name | undefined {
    const shared = this.#find(key);
    return shared?.fingerprint === fingerprint ? shared.makes : undefined;
  }

  idOf(name: Name): Name {
    return (typeof name === 'number' ? this.ids.get(name) : this.otherIds.get(name)) ?? name;
  }

  execute(batch: PackedItems, options?: ExecuteOptions): Promise<PackedAnswer> {
    this.batches.push(batch);
    this.terms.push(options);
    const outputs = Object.fromEntries(batch.keys.map((key) => [key, { status: 'success' }]));
    return Promise.resolve({ status: 200, outputs });
  }

  #name(makes: Name | undefined, id: string | undefined): void {
    if (makes === undefined || id === undefined || makes === id) return;
    if (typeof makes === 'number') this.ids.set(makes, id);
    else this.otherIds.set(makes, id);
    this.onNamed(makes, id);
  }

  /** The pending item with that key. */
  #find(key: string): Submission | undefined {
    const isIt = ({ isPending, submission }: Entry) => isPending && submission.key === key;
    return this.entries.find(isIt)?.submission;
  }
}

type Settings = Partial<Omit<CallPipelineSettings, 'ids'>> & { readonly ids?: 'client' | 'server' };

/** The resources of a client, over an engine that only records. */
export function resources({ ids = 'client', ...settings }: Settings = {}) {
  const engine = new RecordingEngine();
  const ended: [string, string | null][] = [];
  const pipeline = new CallPipeline({
    engine,
    ids: new IdGenerator(),
    makesSpanIds: ids === 'client',
    maxItemBytes: 8_000_000,
    beforeEnqueue: undefined,
    disabled: false,
    onTerminate: (...run) => ended.push(run),
    onJsonLosses: undefined,
    redact: (text) => text,
    ...settings,
  });
  engine.read = (output, readAs) => pipeline.reader.read(output, readAs as ReadAs);
  engine.onNamed = (name, id) => pipeline.learn(name, id);
  return {
    engine,
    /** The runs that were said to have been ended. */
    ended,
    pipeline,
    instances: new AgentInstances(pipeline),
    spans: new AgentSpans(pipeline),
    bulk: new Bulk({
      engine,
      onWork: () => {},
      redact: (text) => text,
    }),
  };
}

/** Real ids have this form (docs/internals/api.md, "Ids"). */
export const RUN = '01k3zxw0000000a1b2c3000000000000';
export const SPAN_A = '01k3zxw0000000a1b2c300000000000a';
export const SPAN_Z = '01k3zxw0000000a1b2c300000000000z';

/** What a call was rejected with. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}
