import type { Writable } from 'node:stream';
import { amount } from './figures.ts';
import { printableLine } from './printable.ts';

/** `isTTY` and `columns` are set for a terminal. */
export type ScreenStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** How far a command is. */
export interface ProgressPosition {
  readonly bytesRead: number;
  /** Undefined for a stream, whose size is not known. */
  readonly size: number | undefined;
  readonly actions: number;
  readonly pending: number;
  readonly failed: number;
  readonly requests: number;
}

export interface Progress {
  /** Prints a sentence on a line of its own. */
  note(sentence: string): void;
  /** Stops, and clears the bar. */
  end(): void;
}

const LINE_EVERY_MS = 5_000;
const FRAME_EVERY_MS = 100;
const BAR_LENGTH = 24;
/** Back to the beginning of the line, which is cleared. */
const CLEAR_LINE = '\r\u001b[K';

/** Shows the position until it is ended: as a bar on a terminal, elsewhere as a line now and then. */
export function showProgress(stream: ScreenStream, position: () => ProgressPosition): Progress {
  const isLive = stream.isTTY === true;
  let shown = '';
  const show = (): void => {
    // A line that wraps could not be cleared. Terminals that do not know their width say 0.
    const width = (stream.columns || 80) - 1;
    const line = isLive ? barOf(position()).slice(0, width) : stateOf(position());
    if (line !== shown) stream.write(isLive ? CLEAR_LINE + line : `${line}\n`);
    shown = line;
  };
  if (isLive) show();
  const timer = setInterval(show, isLive ? FRAME_EVERY_MS : LINE_EVERY_MS);
  return {
    note(sentence) {
      stream.write(`${isLive ? CLEAR_LINE : ''}${printableLine(sentence)}\n`);
      if (!isLive) return;
      shown = '';
      show();
    },
    end() {
      clearInterval(timer);
      if (isLive) stream.write(CLEAR_LINE);
    },
  };
}

function barOf(position: ProgressPosition): string {
  const { bytesRead, size } = position;
  const state = stateOf(position);
  if (size === undefined) return state;
  const share = size === 0 ? 1 : Math.min(bytesRead / size, 1);
  const bar = '#'.repeat(Math.round(share * BAR_LENGTH)).padEnd(BAR_LENGTH, '.');
  return `${bar} ${Math.floor(share * 100)} %  ${state}`;
}

function stateOf({ actions, pending, failed, requests }: ProgressPosition): string {
  return [
    `${amount(actions)} actions`,
    `${amount(requests)} requests`,
    `${amount(pending)} pending`,
    ...(failed > 0 ? [`${amount(failed)} failed`] : []),
  ].join(', ');
}
