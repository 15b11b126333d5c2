import type { Name } from '../coalescer/index.ts';
import { utf8Length } from '../lib/utf8.ts';
import type { ReferenceField, WireAction } from '../schemas/action.ts';
import type { Draft } from './call-draft.ts';
import { InvalidCall } from './invalid-call.ts';
import { pathInCall, whyUnwritable } from './json-errors.ts';
import type { Emptied } from './json-losses.ts';
import { emptiedIn } from './json-losses.ts';

/** An item's text, cut where an id is missing. */
export interface Text {
  readonly pieces: readonly string[];
  /** What is missing between them, in order. */
  readonly holes: readonly number[];
  /** UTF-8 bytes of the pieces. */
  readonly bytes: number;
}

export interface TextSettings {
  /**
   * Makes what nobody can guess, of letters, digits, `-` and `_`. It is not asked before the first
   * marker: a client may be made where nothing random may be drawn.
   */
  readonly makeSecret: () => string;
  readonly maxItemBytes: number;
  /** Told of what JSON writes as `{}`, though it is more than that. */
  readonly onEmptied: ((emptied: Emptied) => void) | undefined;
}

const none: readonly number[] = [];

/**
 * Makes texts out of actions, with one `JSON.stringify` each. Where an id is not known yet, a marker
 * stands in the action, and the text is cut there; nobody else knows the markers, so none can stand
 * in a payload.
 */
export class TextMaker {
  readonly #settings: TextSettings;
  #secret: string | undefined;
  #cut: RegExp | undefined;

  constructor(settings: TextSettings) {
    this.#settings = settings;
  }

  /** `names` are what its references stand for. Throws `InvalidCall` for what cannot be serialised, or is too large. */
  make(draft: Draft, names: readonly Name[]): Text {
    const { onEmptied, maxItemBytes } = this.#settings;
    const isFull =
      draft.repeat?.sent === undefined && names.every((name) => typeof name === 'string');
    const missing = isFull ? none : this.#fill(draft, names);
    const text =
      draft.repeat?.text ?? serialise(draft.action, draft.hasWireNames ? undefined : pathInCall);
    if (onEmptied !== undefined && text.includes('{}')) tellOfEmptied(draft.action, onEmptied);
    const made =
      missing.length === 0
        ? { pieces: [text], holes: none, bytes: utf8Length(text) }
        : this.#cutUp(text, missing);
    if (made.bytes <= maxItemBytes) return made;
    const message = `the item has ${made.bytes} bytes, more than maxItemBytes (${maxItemBytes}); send less, or raise it`;
    throw new InvalidCall([{ path: '', message }]);
  }

  /**
   * Puts the ids that the first call with that key was sent with in the places of references, although the
   * server may have given others meanwhile; and markers where there is none yet. Returns what is missing, by
   * index of its marker.
   */
  #fill(draft: Draft, names: readonly Name[]): readonly number[] {
    const { kind, fields, repeat } = draft;
    const missing: number[] = [];
    for (const [at, name] of names.entries()) {
      const { name: field, path } = kind.references[at] as ReferenceField;
      const before = fields[field];
      if (typeof name === 'number') fields[field] = this.#marker(missing.push(name) - 1);
      else if (repeat?.sent !== undefined) fields[field] = repeat.sent[path] ??= name;
      if (repeat !== undefined && fields[field] !== before) repeat.text = undefined;
    }
    return missing;
  }

  #marker(index: number): string {
    this.#secret ??= this.#settings.makeSecret();
    return `${this.#secret}:${index}`;
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

/** `JSON.stringify`, whose failures are the call's own; `shownAs` turns a path in the value into one in the call. */
export function serialise(value: object, shownAs = (path: string): string => path): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw whyUnwritable(value, shownAs, cause);
  }
  if (text === undefined) throw whyUnwritable(value, shownAs, undefined);
  return text;
}

function tellOfEmptied(action: WireAction, tell: (emptied: Emptied) => void): void {
  const emptied = emptiedIn(action);
  if (emptied !== undefined) tell(emptied);
}
