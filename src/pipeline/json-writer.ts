import type { Name, Submission } from '../coalescer/index.ts';
import type { IdGenerator } from '../ids/id-generator.ts';
import { utf8Length } from '../lib/text-arena.ts';
import type { ReferenceField } from '../schemas/action.ts';
import type { CallDraft } from './call-draft.ts';
import { InvalidCall, pathInCall } from './invalid-call.ts';
import type { JsonLosses } from './json-problems.ts';
import { lossesIn, whyUnwritable } from './json-problems.ts';

/** An item's text, cut where an id is missing. */
export type ItemText = Pick<Submission, 'pieces' | 'holes' | 'bytes'>;

export interface JsonWriterSettings {
  readonly ids: Pick<IdGenerator, 'makeKey'>;
  readonly maxItemBytes: number;
  /** Told of what JSON writes as `{}` although it holds something; undefined where the log shows no such line. */
  readonly onJsonLosses: ((losses: JsonLosses) => void) | undefined;
}

const noHoles: readonly number[] = [];

/**
 * Makes texts of actions, with one `JSON.stringify` each. Where an id is not known yet, a marker stands in
 * the action, and the text is cut there. The markers cannot be guessed, so none can stand in a payload.
 */
export class JsonWriter {
  readonly #settings: JsonWriterSettings;
  #secret: string | undefined;
  #cut: RegExp | undefined;

  constructor(settings: JsonWriterSettings) {
    this.#settings = settings;
  }

  /** `names` are what its references stand for. Throws `InvalidCall` for what JSON cannot write, or is too large. */
  write(draft: CallDraft, names: readonly Name[]): ItemText {
    const { onJsonLosses, maxItemBytes } = this.#settings;
    const isFull = draft.sentIds === undefined && names.every((name) => typeof name === 'string');
    const missing = isFull ? noHoles : this.#fill(draft, names);
    const text = draft.text ?? serialise(draft.action, draft.hasWireNames ? undefined : pathInCall);
    if (onJsonLosses !== undefined && text.includes('{}')) {
      const losses = lossesIn(draft.action);
      if (losses !== undefined) onJsonLosses(losses);
    }
    const written =
      missing.length === 0
        ? { pieces: [text], holes: noHoles, bytes: utf8Length(text) }
        : this.#cutUp(text, missing);
    if (written.bytes <= maxItemBytes) return written;
    const message = `the item has ${written.bytes} bytes, more than maxItemBytes (${maxItemBytes}); send less, or raise it`;
    throw new InvalidCall([{ path: '', message }]);
  }

  /**
   * Puts into the places of references the ids that the first call with that key was sent with, although the
   * server may have given others meanwhile; and markers where there is no id yet. Returns what is missing, by
   * index of its marker.
   */
  #fill(draft: CallDraft, names: readonly Name[]): readonly number[] {
    const { kind, fields, sentIds } = draft;
    const missing: number[] = [];
    for (const [at, name] of names.entries()) {
      const { name: field } = kind.references[at] as ReferenceField;
      const before = fields[field];
      if (typeof name === 'number') fields[field] = this.#marker(missing.push(name) - 1);
      else if (sentIds !== undefined) fields[field] = sentIds[field] ??= name;
      if (fields[field] !== before) draft.text = undefined;
    }
    return missing;
  }

  #marker(index: number): string {
    // Not drawn earlier: a client may be made where the runtime lets nothing random be drawn.
    this.#secret ??= this.#settings.ids.makeKey();
    return `${this.#secret}:${index}`;
  }

  // The fields need not stand in the order in which they were read, so each marker has its number.
  #cutUp(text: string, missing: readonly number[]): ItemText {
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

/** `JSON.stringify`, which throws `InvalidCall`; `shownAs` makes of a path in the value the one that its caller knows. */
export function serialise(value: object, shownAs = (path: string): string => path): string {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (text === undefined) throw whyUnwritable(value, shownAs, cause);
  return text;
}
