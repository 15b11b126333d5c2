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
/** A longer text has a buffer of its own: so slabs are well filled, and none is kept by one text alone. */
const LONG = 4_096;
/** No unit of a string takes more bytes of UTF-8. */
const BYTES_PER_UNIT = 3;

const encoder = new TextEncoder();

let slab: Uint8Array = new Uint8Array(0);
let used = 0;

export function write(text: string): Written {
  if (text.length > LONG) {
    const buffer = encoder.encode(text);
    return { buffer, start: 0, bytes: buffer.length };
  }
  if (used + text.length * BYTES_PER_UNIT > slab.length) {
    slab = host.Buffer?.allocUnsafeSlow(SLAB_BYTES) ?? new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  const start = used;
  const bytes = writeInto(slab, text, start);
  used += bytes;
  return { buffer: slab, start, bytes };
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
