import { SingleBar } from 'cli-progress';
import { amount } from './figures.ts';
import type { Stream } from './printable.ts';
import { printableLine } from './printable.ts';

/** How far it is. */
export interface Position {
  readonly bytesRead: number;
  /** Undefined where nobody knows how much there is. */
  readonly size: number | undefined;
  readonly actions: number;
  readonly settled: number;
  readonly failed: number;
  readonly requests: number;
}

export interface Progress {
  /** A sentence of its own line. */
  note(sentence: string): void;
  /** Shows the last position, and stops. */
  end(): void;
}

const LINE_EVERY_MS = 5_000;
const FRAME_EVERY_MS = 100;

/** Shows the position until it is ended: a live bar on a terminal, a line now and then elsewhere. */
export function showProgress(terminal: Stream, position: () => Position): Progress {
  const isLive = terminal.isTTY === true;
  return isLive ? liveBar(terminal, position) : plainLines(terminal, position);
}

function liveBar(terminal: Stream, position: () => Position): Progress {
  const { size } = position();
  const bar = new SingleBar({
    stream: terminal,
    format: size === undefined ? '{state}' : '{bar} {percentage} %  {state}',
    barCompleteChar: '#',
    barIncompleteChar: '.',
    barsize: 24,
    clearOnComplete: true,
    // What it would turn off stays off where the process is ended.
    linewrap: true,
    hideCursor: false,
    // Ctrl-C is the command's own matter.
    gracefulExit: false,
  });
  const update = (): void => {
    const now = position();
    bar.update(Math.min(now.bytesRead, size ?? 0), { state: stateOf(now) });
  };
  bar.start(size ?? 1, 0, { state: stateOf(position()) });
  const frames = setInterval(update, FRAME_EVERY_MS);
  return {
    note(sentence) {
      // The bar draws itself anew on the line below.
      terminal.write(`\r\u001b[K${printableLine(sentence)}\n`);
      update();
    },
    end() {
      clearInterval(frames);
      bar.stop();
    },
  };
}

function plainLines(terminal: Stream, position: () => Position): Progress {
  let shown = '';
  const lines = setInterval(() => {
    const state = stateOf(position());
    if (state !== shown) terminal.write(`${state}\n`);
    shown = state;
  }, LINE_EVERY_MS);
  return {
    note: (sentence) => void terminal.write(`${printableLine(sentence)}\n`),
    end: () => clearInterval(lines),
  };
}

function stateOf({ actions, settled, failed, requests }: Position): string {
  const waiting = actions - settled;
  return [
    `${amount(actions)} actions`,
    `${amount(requests)} requests`,
    `${amount(waiting)} pending`,
    ...(failed > 0 ? [`${amount(failed)} failed`] : []),
  ].join(', ');
}
