import { runtime } from './runtime.ts';

/** Where an owner's text is in an arena. Only the arena writes these fields: it may move the text. */
export interface ArenaText {
  /** Undefined: it has no text, or has released it. */
  chunk: Chunk | undefined;
  start: number;
  bytes: number;
  /** Its index among the texts of the chunk. */
  slot: number;
}

/** A buffer, and the texts in it. */
export interface Chunk {
  readonly buffer: Uint8Array;
  /** By slot; undefined where a text has been released. */
  readonly texts: (ArenaText | undefined)[];
  /** Number and bytes of the texts that have not been released. */
  count: number;
  bytes: number;
}

const ARENA_CHUNK_BYTES = 65_536;
/** A longer text gets a buffer of its own, so that chunks are well filled. */
const LONG_ARENA_TEXT = 4_096;
/** Bytes between two texts, for the separator of a body: so neighbours are copied at once. */
const GAP = 1;
/** No unit of a string takes more bytes of UTF-8. */
const BYTES_PER_UNIT = 3;
/** Empty chunks that are kept for reuse, at most. */
const MAX_SPARE = 32;
/** The most that buffers take, as a multiple of the bytes of the texts in them. */
const MAX_OVERHEAD = 4;
/** Always allowed: the spare chunks, and the one that is written. */
const ALWAYS_ALLOWED = (MAX_SPARE + 1) * ARENA_CHUNK_BYTES;

/**
 * The texts of one engine as UTF-8, many in one buffer. A waiting string would be an object on the heap, which
 * the collector copies as it grows old, and which is encoded when it is sent; here it is encoded once.
 * Chunks are reused: to free and allocate them would start a full collection each 64 MB.
 *
 * A single text keeps its whole chunk. So chunks less than a quarter full are remembered, and when all
 * buffers take more than four times the bytes of their texts, the texts of those chunks are moved. A chunk loses
 * most of its texts before that, so no more than half of all bytes written are ever moved.
 */
export class TextArena {
  /** Bytes of all texts that have not been released. */
  bytes = 0;
  /** Bytes of all buffers. */
  capacity = 0;
  /** Texts moved so far, and their bytes: for tests of the cost. */
  moved = 0;
  movedBytes = 0;
  /** The chunk that is written, and where; a dummy before the first text. */
  #chunk: Chunk = { buffer: new Uint8Array(0), texts: [], count: 0, bytes: 0 };
  #end = ARENA_CHUNK_BYTES;
  #slots = 0;
  readonly #spare: Chunk[] = [];
  /** Chunks less than a quarter full that are not written any more, oldest first. */
  readonly #sparse = new Set<Chunk>();

  /** Writes the text, and notes in `owner` where it is. */
  write(text: string, owner: ArenaText): void {
    if (text.length > LONG_ARENA_TEXT) {
      this.#writeAlone(text, owner);
      return;
    }
    const room = text.length * BYTES_PER_UNIT + GAP;
    if (this.#end + room > ARENA_CHUNK_BYTES) this.#nextChunk();
    this.#place(owner, writeUtf8(this.#chunk.buffer, text, this.#end));
  }

  /** Frees the text: it will not be read again. */
  release(owner: ArenaText): void {
    const { chunk } = owner;
    if (chunk === undefined) return;
    owner.chunk = undefined;
    this.#vacate(owner, chunk);
    if (chunk !== this.#chunk && chunk.count > 0) this.#noteIfSparse(chunk);
    if (this.capacity > ALWAYS_ALLOWED && this.#isWasteful()) this.#compact();
  }

  #writeAlone(text: string, owner: ArenaText): void {
    const buffer = utf8Encoder.encode(text);
    const { length } = buffer;
    owner.chunk = { buffer, texts: [owner], count: 1, bytes: length };
    owner.start = 0;
    owner.bytes = length;
    owner.slot = 0;
    this.bytes += length;
    this.capacity += length;
  }

  #nextChunk(): void {
    const before = this.#chunk;
    this.#chunk = this.#spare.pop() ?? this.#newChunk();
    this.#end = 0;
    this.#slots = 0;
    this.#noteIfSparse(before);
  }

  #newChunk(): Chunk {
    this.capacity += ARENA_CHUNK_BYTES;
    return { buffer: newBuffer(ARENA_CHUNK_BYTES), texts: [], count: 0, bytes: 0 };
  }

  /** Gives the next bytes of the chunk that is written to `owner`. */
  #place(owner: ArenaText, bytes: number): void {
    const chunk = this.#chunk;
    owner.chunk = chunk;
    owner.start = this.#end;
    owner.bytes = bytes;
    owner.slot = this.#slots++;
    chunk.texts[owner.slot] = owner;
    this.#end += bytes + GAP;
    chunk.count++;
    chunk.bytes += bytes;
    this.bytes += bytes;
  }

  #noteIfSparse(chunk: Chunk): void {
    if (chunk.bytes * MAX_OVERHEAD < chunk.buffer.length) this.#sparse.add(chunk);
  }

  #vacate({ slot, bytes }: ArenaText, chunk: Chunk): void {
    chunk.texts[slot] = undefined;
    chunk.count--;
    chunk.bytes -= bytes;
    this.bytes -= bytes;
    if (chunk.count > 0) return;
    if (chunk === this.#chunk) {
      this.#end = 0;
      this.#slots = 0;
    } else {
      this.#recycle(chunk);
    }
  }

  /** Keeps an empty chunk for reuse, unless there are enough of them. */
  #recycle(chunk: Chunk): void {
    this.#sparse.delete(chunk);
    const { length } = chunk.buffer;
    const isReusable = length === ARENA_CHUNK_BYTES && this.#spare.length < MAX_SPARE;
    if (isReusable && !this.#isWasteful()) this.#spare.push(chunk);
    else this.capacity -= length;
  }

  #isWasteful(): boolean {
    return this.capacity > ALWAYS_ALLOWED && this.capacity > MAX_OVERHEAD * this.bytes;
  }

  /** Frees spare chunks, then empties sparse ones, oldest first, until that is enough. */
  #compact(): void {
    while (this.#spare.pop() !== undefined) {
      this.capacity -= ARENA_CHUNK_BYTES;
      if (!this.#isWasteful()) return;
    }
    for (const chunk of this.#sparse) {
      for (const owner of chunk.texts) if (owner !== undefined) this.#move(owner, chunk);
      if (!this.#isWasteful()) return;
    }
  }

  #move(owner: ArenaText, from: Chunk): void {
    const { start, bytes } = owner;
    if (this.#end + bytes + GAP > ARENA_CHUNK_BYTES) this.#nextChunk();
    this.#chunk.buffer.set(from.buffer.subarray(start, start + bytes), this.#end);
    this.#vacate(owner, from);
    this.#place(owner, bytes);
    this.moved++;
    this.movedBytes += bytes;
  }
}

/** Copies texts into a body, from that place on, with the byte `separator` between them. */
export function copyTexts(
  texts: readonly ArenaText[],
  body: Uint8Array,
  at: number,
  separator: number,
): void {
  let place = at;
  for (let index = 0; index < texts.length; ) {
    const first = texts[index] as ArenaText;
    let last = first;
    let end = index + 1;
    // Texts that lie one behind the other are copied together, gaps included.
    for (; end < texts.length; end++) {
      const next = texts[end] as ArenaText;
      if (next.chunk !== last.chunk || next.start !== last.start + last.bytes + GAP) break;
      last = next;
    }
    const { chunk, start } = first;
    if (chunk !== undefined) body.set(chunk.buffer.subarray(start, last.start + last.bytes), place);
    for (; index < end; index++) {
      place += (texts[index] as ArenaText).bytes;
      if (index < texts.length - 1) body[place++] = separator;
    }
  }
}

export const utf8Encoder: TextEncoder = new TextEncoder();

/** UTF-8 bytes of `text`; a lone surrogate counts as the 3 bytes of the sign that replaces it. */
export function utf8Length(text: string): number {
  // Buffer counts without encoding: about ten times faster on small texts.
  return node?.Buffer.byteLength(text) ?? utf8Encoder.encode(text).length;
}

/** A buffer of its own, outside Node's pool. Its content is not cleared. */
function newBuffer(bytes: number): Uint8Array {
  return node?.Buffer.allocUnsafeSlow(bytes) ?? new Uint8Array(bytes);
}

/** Writes `text` as UTF-8 from `start` on, where there must be room for it. Returns the bytes written. */
function writeUtf8(buffer: Uint8Array, text: string, start: number): number {
  // Node's own function needs neither a subarray nor an object for its result.
  return (
    node?.utf8Write.call(buffer, text, start) ??
    utf8Encoder.encodeInto(text, buffer.subarray(start)).written
  );
}

interface NodeFunctions {
  readonly Buffer: { byteLength(text: string): number; allocUnsafeSlow(bytes: number): Uint8Array };
  /** Undocumented, and different elsewhere: that of Workers throws without a length. */
  utf8Write(this: Uint8Array, text: string, start: number): number;
}

/** Taken once, when this module is loaded; undefined on other runtimes, even where they imitate Node. */
const node = nodeFunctions();

function nodeFunctions(): NodeFunctions | undefined {
  const { Buffer, process } = runtime;
  const versions = process?.versions;
  // Bun and Deno report a Node version as well, and Workers the versions of all of Node's parts.
  const isNode = Boolean(versions?.['uv']) && !versions?.['bun'] && !versions?.['deno'];
  const utf8Write: unknown = Buffer?.prototype?.utf8Write;
  if (!isNode || Buffer === undefined || typeof utf8Write !== 'function') return undefined;
  const own = { Buffer, utf8Write: utf8Write as NodeFunctions['utf8Write'] };
  return writesCorrectly(own) ? own : undefined;
}

function writesCorrectly({ Buffer, utf8Write }: NodeFunctions): boolean {
  const text = 'aé茶🍵\ud800';
  const bytes = utf8Encoder.encode(text);
  const start = 3;
  try {
    const buffer = Buffer.allocUnsafeSlow(64);
    return (
      Buffer.byteLength(text) === bytes.length &&
      utf8Write.call(buffer, text, start) === bytes.length &&
      bytes.every((byte, at) => buffer[start + at] === byte)
    );
  } catch {
    return false;
  }
}
