/**
 * Texts as UTF-8, many in one buffer. A text that waits as a string is an object on the heap, which
 * is copied as it grows old, and is encoded as it leaves; here it is written once, and only bytes are
 * copied after that. A buffer whose texts have all been released is written anew: to give it back and
 * ask for another would have the collector mark the whole heap each time that 64 MB went by.
 */
import { host } from './host.ts';

/** Where a text is. */
export interface Written {
  readonly slab: Slab;
  readonly start: number;
  readonly bytes: number;
}

/** A buffer, and how many texts in it have not been released. */
export interface Slab {
  readonly buffer: Uint8Array;
  texts: number;
}

const SLAB_BYTES = 65_536;
/** A longer text has a buffer of its own: so slabs are well filled, and none is kept by one text alone. */
const LONG = 4_096;
/** No unit of a string takes more bytes of UTF-8. */
const BYTES_PER_UNIT = 3;
/** Slabs that are kept for later, at most. */
const MAX_SPARE = 32;

const encoder = new TextEncoder();

let slab: Slab = { buffer: new Uint8Array(0), texts: 0 };
let used = 0;
const spare: Slab[] = [];

export function write(text: string): Written {
  if (text.length > LONG) {
    const buffer = encoder.encode(text);
    return { slab: { buffer, texts: 1 }, start: 0, bytes: buffer.length };
  }
  if (used + text.length * BYTES_PER_UNIT > slab.buffer.length) {
    slab = spare.pop() ?? newSlab();
    used = 0;
  }
  const start = used;
  const bytes = writeInto(slab.buffer, text, start);
  used += bytes;
  slab.texts++;
  return { slab, start, bytes };
}

/** Nobody will read the text any more. What is never released is the collector's, slab and all. */
export function release(from: Slab): void {
  from.texts--;
  if (from.texts > 0) return;
  if (from === slab) used = 0;
  else if (from.buffer.length === SLAB_BYTES && spare.length < MAX_SPARE) spare.push(from);
}

function newSlab(): Slab {
  const buffer = host.Buffer?.allocUnsafeSlow(SLAB_BYTES) ?? new Uint8Array(SLAB_BYTES);
  return { buffer, texts: 0 };
}

function writeInto(
  buffer: Uint8Array & { utf8Write?: unknown },
  text: string,
  start: number,
): number {
  // Node's own way needs no view of the place, and no object for what it says.
  return typeof buffer.utf8Write === 'function'
    ? buffer.utf8Write(text, start)
    : encoder.encodeInto(text, buffer.subarray(start)).written;
}
