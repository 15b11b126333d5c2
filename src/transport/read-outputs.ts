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
  try {
    return readPieces(text, head.length, text.length - tail.length, placesOf(keys));
  } catch {
    // A piece is no JSON by itself.
    return undefined;
  }
}

type Places = ReadonlyMap<string, number>;

function placesOf(keys: readonly string[]): Places {
  const places = new Map<string, number>();
  keys.forEach((key, place) => {
    if (PLAIN_KEY.test(key)) places.set(key, place);
  });
  return places;
}

function readPieces(
  text: string,
  start: number,
  end: number,
  places: Places,
): unknown[] | undefined {
  const outputs: unknown[] = [];
  let read = 0;
  for (let at = start; at < end; read++) {
    const key = textAt(text, at);
    const place = places.get(key);
    const pieceAt = at + key.length + '"":'.length;
    // Of a key that comes twice, JSON.parse takes the last.
    if (place === undefined || outputs[place] !== undefined) return undefined;
    if (text[at] !== '"' || text[pieceAt - 1] !== ':') return undefined;
    const pieceEnd = endOfPiece(text, pieceAt, end, places);
    outputs[place] = JSON.parse(text.slice(pieceAt, pieceEnd));
    at = pieceEnd + ','.length;
  }
  return outputs.length === read ? outputs : undefined;
}

/** Where an object ends and a key of the batch follows. No part of the text is looked at twice. */
function endOfPiece(text: string, start: number, end: number, places: Places): number {
  for (let at = start; ; at++) {
    at = text.indexOf('},"', at);
    if (at === -1 || at >= end) return end;
    if (places.has(textAt(text, at + '},'.length))) return at + '}'.length;
  }
}

/** What stands between the quote at that place and the next one. */
function textAt(text: string, at: number): string {
  return text.slice(at + 1, text.indexOf('"', at + 1));
}
