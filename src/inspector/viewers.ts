import type { ServerResponse } from 'node:http';

/** The part of a response that a stream of events needs. */
export type EventStream = Pick<
  ServerResponse,
  'write' | 'end' | 'destroy' | 'on' | 'writableLength'
>;

export const MAX_VIEWERS = 256;
/** A reader with more bytes unread is told nothing more until it has read all. */
const MAX_UNREAD_BYTES = 262_144;
/** Ticks after which a reader that has read nothing is dropped. */
const MAX_STALE_TICKS = 120;

interface Viewer {
  readonly stream: EventStream;
  /** Ticks since it was first told nothing. */
  staleTicks: number;
}

/** The pages that are open, each a stream of server-sent events. None of them costs more than its bound. */
export class Viewers {
  readonly #viewers = new Set<Viewer>();
  #number = 0;

  get size(): number {
    return this.#viewers.size;
  }

  /** Adds a page. `onLeave` is called once, when it has gone. */
  add(stream: EventStream, snapshot: string, onLeave: () => void): void {
    const viewer: Viewer = { stream, staleTicks: 0 };
    this.#viewers.add(viewer);
    stream.on('error', () => {});
    stream.on('close', () => {
      this.#viewers.delete(viewer);
      onLeave();
    });
    stream.write(`retry: 1000\n\n${this.#event('snapshot', snapshot)}`);
  }

  /** Tells all pages; one that reads too slowly gets a snapshot later instead, and one that never reads is dropped. */
  tell(changes: string, snapshot: () => string): void {
    const event = this.#event('changes', changes);
    let whole: string | undefined;
    for (const viewer of this.#viewers) {
      const { stream } = viewer;
      if (stream.writableLength > (viewer.staleTicks > 0 ? 0 : MAX_UNREAD_BYTES)) {
        if (++viewer.staleTicks > MAX_STALE_TICKS) stream.destroy();
      } else if (viewer.staleTicks > 0) {
        viewer.staleTicks = 0;
        whole ??= this.#event('snapshot', snapshot());
        stream.write(whole);
      } else {
        stream.write(event);
      }
    }
  }

  /** Ends all of them at once. */
  close(): void {
    for (const { stream } of this.#viewers) {
      stream.write('event: closed\ndata: {}\n\n');
      stream.end();
      stream.destroy();
    }
  }

  #event(name: string, data: string): string {
    return `id: ${++this.#number}\nevent: ${name}\ndata: ${data}\n\n`;
  }
}
