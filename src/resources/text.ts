import { utf8Length } from '../internal/bytes.ts';
import type { WireAction } from '../schemas/action.ts';
import type { Emptied } from './emptied.ts';
import { emptiedIn } from './emptied.ts';
import { InvalidCall } from './invalid-call.ts';
import { whyUnwritable } from './unwritable.ts';

/** An item's text, cut where an id is missing. */
export interface Text {
  readonly pieces: readonly string[];
  /** What is missing between them, in order. */
  readonly holes: readonly number[];
  /** UTF-8 bytes of the pieces. */
  readonly bytes: number;
}

const noHoles: readonly number[] = [];

/**
 * Makes texts out of actions, with one `JSON.stringify` each. Where an id is not known yet, a marker
 * stands in the action, and the text is cut there; nobody else knows the markers, so none can stand
 * in a payload.
 */
export class TextMaker {
  readonly #makeSecret: () => string;
  readonly #maxBytes: number;
  readonly #onEmptied: ((emptied: Emptied) => void) | undefined;
  #secret: string | undefined;
  #cut: RegExp | undefined;

  /**
   * `makeSecret` makes what nobody can guess, of letters, digits, `-` and `_`. It is not asked before the first
   * marker: a client may be made where nothing random may be drawn. `onEmptied` is told of what JSON
   * writes as `{}`, though it is more than that.
   */
  constructor(
    makeSecret: () => string,
    maxBytes: number,
    onEmptied: ((emptied: Emptied) => void) | undefined,
  ) {
    this.#makeSecret = makeSecret;
    this.#onEmptied = onEmptied;
    this.#maxBytes = maxBytes;
  }

  /** What is to stand in the place of a missing id: that of the one at `index` of the missing. */
  marker(index: number): string {
    this.#secret ??= this.#makeSecret();
    return `${this.#secret}:${index}`;
  }

  /** Throws `InvalidCall` for what cannot be serialised, or is too large. `text`: if it was already. */
  make(action: WireAction, missing: readonly number[], text: string = serialise(action)): Text {
    this.#look(action, text);
    const made = missing.length === 0 ? whole(text) : this.#cutUp(text, missing);
    if (made.bytes <= this.#maxBytes) return made;
    const message = `the item has ${made.bytes} bytes, more than maxItemBytes (${this.#maxBytes}); send less, or raise it`;
    throw new InvalidCall([{ path: '', message }]);
  }

  #look(action: WireAction, text: string): void {
    if (this.#onEmptied === undefined || !text.includes('{}')) return;
    const emptied = emptiedIn(action);
    if (emptied !== undefined) this.#onEmptied(emptied);
  }

  // The fields need not stand in the order in which they were read, so each marker has its number.
  #cutUp(text: string, missing: readonly number[]): Text {
    const pieces: string[] = [];
    const holes: number[] = [];
    let bytes = 0;
    this.#cut ??= new RegExp(`"${this.#secret}:(\\d)"`);
    for (const [index, part] of text.split(this.#cut).entries()) {
      const hole = index % 2 === 0 ? undefined : missing[Number(part)];
      if (hole !== undefined) {
        holes.push(hole);
      } else {
        pieces.push(part);
        bytes += utf8Length(part);
      }
    }
    return { pieces, holes, bytes };
  }
}

/** `JSON.stringify`, whose failures are the call's own; `path` is where the value stands in it. */
export function serialise(value: object, path = ''): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw whyUnwritable(value, path, cause);
  }
  if (text === undefined) throw whyUnwritable(value, path, undefined);
  return text;
}

function whole(text: string): Text {
  return { pieces: [text], holes: noHoles, bytes: utf8Length(text) };
}
