/**
 * Texts as UTF-8, many in one buffer. A text that waits as a string is an object on the heap, which
 * is copied as it grows old, and is encoded as it leaves; here it is written once, and only bytes are
 * copied after that. A buffer lives for as long as one of its texts does.
 */
import { host } from './host.ts';

/** Where a text is. */
export interface Written {
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly bytes: number;
}

const SLAB_BYTES = 65_536;
/** A larger text has a buffer of its own: so a slab is well filled, and not kept by one text alone. */
const LARGE_BYTES = 8_192;

/** With so much room left, a text that is larger than was said shows: more than that is written. */
const ROOM_TO_SHOW = 4;

const encoder = new TextEncoder();

let slab: Uint8Array = new Uint8Array(0);
let used = 0;

/** Writes `text`, which has that many bytes; if it has not, it is written all the same. */
export function write(text: string, bytes: number): Written {
  if (bytes > LARGE_BYTES) return alone(text);
  if (used + bytes + ROOM_TO_SHOW > slab.length) {
    slab = host.Buffer?.allocUnsafeSlow(SLAB_BYTES) ?? new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  const start = used;
  if (writeInto(slab, text, start) !== bytes) return alone(text);
  used += bytes;
  return { buffer: slab, start, bytes };
}

function alone(text: string): Written {
  const buffer = encoder.encode(text);
  return { buffer, start: 0, bytes: buffer.length };
}

/** Writes as much as there is room for; returns the bytes that were written. */
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
