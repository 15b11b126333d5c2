/** What stands before and behind the outputs of an answer, whose status may come first or last. */
const HEADS = ['{"status":"success","outputs":{', '{"outputs":{'];
const TAILS = ['}}', '},"status":"success"}'];

/** A key that stands between its quotes as it is. */
const PLAIN_KEY = /^[^"\\\p{Cc}]*$/u;

/**
 * The outputs in an answer, each read by itself, as a list in the order of these keys. Undefined where the
 * answer is not just that: the outputs of the first so many of them, in whatever order, without a space
 * between. Then `JSON.parse` of the whole will tell; it makes a hidden class for each key that it has never
 * seen, so a map of new keys takes half as long again as its outputs.
 *
 * What is found is what the whole would say: the text is a head, then `"key":piece` with commas between, then
 * a tail, since that is how it was cut. Each piece is JSON by itself, and no key comes twice. A text of such
 * parts is JSON, and JSON can be read in one way only. Where it was cut wrongly, some piece is no JSON.
 */
export function readOutputs(text: string, keys: readonly string[]): unknown[] | undefined {
  const head = HEADS.find((one) => text.startsWith(one));
  const tail = TAILS.find((one) => text.endsWith(one));
  if (head === undefined || tail === undefined) return undefined;
  const end = text.length - tail.length;
  const outputs: unknown[] = [];
  const places = new Places(keys);
  let read = 0;
  let at = head.length;
  let place = text[at] === '"' ? places.at(text, at + 1) : undefined;
  for (; at < end; read++) {
    // Of a key that comes twice, JSON.parse takes the last.
    if (place === undefined || outputs[place] !== undefined) return undefined;
    const pieceAt = at + `"${keys[place]}":`.length;
    let pieceEnd = end;
    let next: number | undefined;
    // An object ends there, and a key of the batch follows, if one is left. No part of the text is looked at twice.
    for (let from = pieceAt; next === undefined && read + 1 < keys.length; from++) {
      from = text.indexOf('},"', from);
      if (from === -1 || from >= end) break;
      next = places.at(text, from + '},"'.length);
      if (next !== undefined) pieceEnd = from + '}'.length;
    }
    try {
      outputs[place] = JSON.parse(text.slice(pieceAt, pieceEnd));
    } catch {
      return undefined;
    }
    at = pieceEnd + ','.length;
    place = next;
  }
  return outputs.length === read ? outputs : undefined;
}

/** Finds the keys of a batch in a text, and says which they are. */
class Places {
  readonly #keys: readonly string[];
  /** That of the key that was found last: the next one mostly follows it, if the server keeps the order. */
  #last = -1;
  #byKey: ReadonlyMap<string, number> | undefined;

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** The place of the key that stands there, after its first quote; undefined for any other text. */
  at(text: string, start: number): number | undefined {
    const next = this.#keys[this.#last + 1];
    if (next !== undefined && PLAIN_KEY.test(next) && text.startsWith(`${next}":`, start)) {
      return ++this.#last;
    }
    this.#byKey ??= new Map(this.#keys.map((key, place) => [key, place]));
    const key = text.slice(start, text.indexOf('"', start));
    const place = this.#byKey.get(key);
    const isKey =
      place !== undefined && text[start + key.length + 1] === ':' && PLAIN_KEY.test(key);
    if (!isKey) return undefined;
    this.#last = place;
    return place;
  }
}
