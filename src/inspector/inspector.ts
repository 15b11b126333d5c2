import { listen } from './http-server.ts';
import type { InspectorServer, ListenOptions } from './inspector-server.ts';
import type { ChangesData, SnapshotData } from './page-data.ts';
import { pageFiles } from './page-files.ts';
import { Recording } from './recording.ts';
import type { Source } from './source.ts';
import { everyMs, wallClock } from './ticker.ts';
import type { EventStream } from './viewers.ts';
import { MAX_VIEWERS, Viewers } from './viewers.ts';

/** How often the pages are told what has changed. */
const TICK_MS = 250;
const TICKS_A_SAMPLE = 4;
/** Ticks for which recording goes on when the last page has gone, so that a reload shows what was there. */
const TICKS_AFTER_LAST = 40;

export interface InspectorSettings {
  readonly title: string;
  /** Whether it records while nobody looks. */
  readonly always: boolean;
}

/** Shows a source to pages: records while somebody looks, and tells what has changed. */
export class PageInspector {
  readonly #source: Source;
  readonly #settings: InspectorSettings;
  readonly #viewers = new Viewers();
  readonly #servers = new Set<InspectorServer>();
  #recorded: Recorded | undefined;
  #ticks = 0;
  #ticksAlone = 0;
  #isClosed = false;

  constructor(source: Source, settings: InspectorSettings) {
    this.#source = source;
    this.#settings = settings;
    if (settings.always) this.#record();
  }

  async listen(port: number, options: ListenOptions): Promise<InspectorServer> {
    if (this.#isClosed) throw new Error('This inspector is closed: make a new one.');
    const stream = (response: EventStream): boolean => this.#open(response);
    const server = await listen({ files: pageFiles(), stream }, port, options);
    const close = async (): Promise<void> => {
      this.#servers.delete(server);
      await server.close();
    };
    const own = { ...server, close, [Symbol.asyncDispose]: close };
    this.#servers.add(server);
    if (this.#isClosed) await close();
    return own;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    this.#viewers.close();
    await Promise.all([...this.#servers].map((server) => server.close()));
  }

  /** What is held, for tests. */
  get held(): Recording['held'] & { readonly viewers: number } {
    return { ...this.#recorded?.recording.held, viewers: this.#viewers.size };
  }

  #open(stream: EventStream): boolean {
    if (this.#isClosed || this.#viewers.size >= MAX_VIEWERS) return false;
    const recorded = this.#recorded ?? this.#record();
    // What has changed until now is in the snapshot, and told to the others.
    this.#tell(recorded);
    this.#viewers.add(stream, JSON.stringify(this.#snapshot(recorded)), () => {});
    return true;
  }

  #record(): Recorded {
    const recording = new Recording();
    const since = wallClock();
    const name = `${since}-${Math.random()}`;
    const stop = [this.#source.watch(recording), everyMs(TICK_MS, () => this.#tick())];
    const recorded: Recorded = { recording, since, name, stop, last: '' };
    this.#recorded = recorded;
    this.#sample(recorded);
    return recorded;
  }

  #stop(): void {
    for (const stop of this.#recorded?.stop ?? []) stop();
    this.#recorded = undefined;
  }

  #tick(): void {
    const recorded = this.#recorded;
    if (recorded === undefined) return;
    this.#ticksAlone = this.#viewers.size > 0 ? 0 : this.#ticksAlone + 1;
    if (this.#ticksAlone > TICKS_AFTER_LAST && !this.#settings.always) {
      this.#stop();
      return;
    }
    if (++this.#ticks % TICKS_A_SAMPLE === 0) this.#sample(recorded);
    this.#tell(recorded);
  }

  #sample({ recording }: Recorded): void {
    const { queued = 0, inFlight = 0 } = this.#source.figures().gauges;
    recording.sample({ at: wallClock(), queued, inFlight });
  }

  #tell(recorded: Recorded): void {
    const changes: ChangesData = {
      figures: this.#source.figures(),
      ...recorded.recording.takeChanges(),
    };
    if (this.#viewers.size === 0) return;
    const text = JSON.stringify(changes);
    if (text === recorded.last) return;
    recorded.last = text;
    this.#viewers.tell(text, () => JSON.stringify(this.#snapshot(recorded)));
  }

  #snapshot({ recording, since, name }: Recorded): SnapshotData {
    const { view } = this.#source;
    return {
      title: this.#settings.title,
      view,
      recording: name,
      since,
      figures: this.#source.figures(),
      ...recording.all(),
    };
  }
}

interface Recorded {
  readonly recording: Recording;
  readonly since: number;
  readonly name: string;
  readonly stop: readonly (() => void)[];
  /** What the pages were told last. */
  last: string;
}
