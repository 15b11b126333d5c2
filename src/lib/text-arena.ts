/** Texts as UTF-8: how many bytes they take, and where they wait as such. */
import { host } from './runtime.ts';

const encoder = new TextEncoder();

/** UTF-8 bytes of `text`; a lone surrogate counts as the 3 bytes of the sign that replaces it. */
export function utf8Length(text: string): number {
  // Buffer counts without encoding: about ten times faster on small texts.
  return nodes?.Buffer.byteLength(text) ?? encoder.encode(text).length;
}

/** A buffer that belongs to no pool; what is in it is whatever was there. */
function newBuffer(bytes: number): Uint8Array {
  return nodes?.Buffer.allocUnsafeSlow(bytes) ?? new Uint8Array(bytes);
}

/** Writes `text` as UTF-8 from `start` on, where it has to have room; returns how many bytes it took. */
function writeUtf8(buffer: Uint8Array, text: string, start: number): number {
  // Node's own way needs no view of the place, and no object for what it says.
  return (
    nodes?.utf8Write.call(buffer, text, start) ??
    encoder.encodeInto(text, buffer.subarray(start)).written
  );
}

interface NodesOwn {
  readonly Buffer: { byteLength(text: string): number; allocUnsafeSlow(bytes: number): Uint8Array };
  /** Not documented, so other runtimes have it otherwise: that of Workers throws without a length. */
  utf8Write(this: Uint8Array, text: string, start: number): number;
}

/** As this module found it; undefined where it is not Node's, whatever its name is. */
const nodes = nodesOwn();

function nodesOwn(): NodesOwn | undefined {
  const { Buffer, process } = host;
  const versions = process?.versions;
  // Those who stand in for Node name its version, too; Workers has the names of all that Node is made of.
  const isNode = Boolean(versions?.['uv']) && !versions?.['bun'] && !versions?.['deno'];
  const utf8Write: unknown = Buffer?.prototype?.utf8Write;
  if (!isNode || Buffer === undefined || typeof utf8Write !== 'function') return undefined;
  const own = { Buffer, utf8Write: utf8Write as NodesOwn['utf8Write'] };
  return writesAsNode(own) ? own : undefined;
}

function writesAsNode({ Buffer, utf8Write }: NodesOwn): boolean {
  const text = 'aé茶🍵\ud800';
  const bytes = encoder.encode(text);
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

/** Whoever has a text in an arena. The arena alone writes these fields, and it may move the text. */
export interface Tenant {
  /** Where the text is; undefined: it has none, or has released it. */
  slab: Slab | undefined;
  start: number;
  bytes: number;
  /** Its place among the tenants of the slab. */
  slot: number;
}

/** A buffer, and whose texts are in it. */
export interface Slab {
  readonly buffer: Uint8Array;
  /** Those who have released their text have left a gap. */
  readonly tenants: (Tenant | undefined)[];
  /** Texts that have not been released, and their bytes. */
  texts: number;
  bytes: number;
}

const SLAB_BYTES = 65_536;
/** A longer text has a buffer of its own: so slabs are well filled. */
const LONG = 4_096;
/** Bytes between two texts, for what stands between them in a body: so that many are copied at once. */
const GAP = 1;
/** No unit of a string takes more bytes of UTF-8. */
const BYTES_PER_UNIT = 3;
/** Slabs that are kept for later, at most. */
const MAX_SPARE = 32;
/** The most that buffers hold, as a multiple of the bytes of the texts in them; beside the one that is written. */
const MAX_HELD = 4;
/** What buffers may hold whatever is in them: as much as is kept for later, and the one that is written. */
const ALWAYS_HELD = (MAX_SPARE + 1) * SLAB_BYTES;

/**
 * The texts of one engine as UTF-8, many in one buffer, each followed by a byte of nobody's: so those that were written one after
 * the other can be copied as one, with room between them. A text that waits as a string is an object on the heap, which
 * is copied as it grows old, and is encoded as it leaves; here it is written once, and only bytes are
 * copied after that. A buffer whose texts have all been released is written anew: to give it back and
 * ask for another would have the collector mark the whole heap each time that 64 MB went by.
 *
 * One text that stays would keep its whole buffer. So buffers that are less than a quarter full are
 * remembered, and when all buffers together hold more than four times what their texts need, what is
 * left in those is moved. A buffer has to lose most of what was written to it before it is emptied, so
 * no more than half of all bytes that are ever written are moved.
 */
export class TextArena {
  /** Bytes of all texts that have not been released. */
  bytes = 0;
  /** Bytes of all buffers. */
  held = 0;
  /** Texts that were moved so far, and their bytes: the cost, for tests. */
  moved = 0;
  movedBytes = 0;
  /** What is written at present, and how far; none before the first text comes. */
  #slab: Slab = { buffer: new Uint8Array(0), tenants: [], texts: 0, bytes: 0 };
  #used = SLAB_BYTES;
  #count = 0;
  readonly #spare: Slab[] = [];
  /** Slabs less than a quarter full, and not written any more; the first has been so for longest. */
  readonly #sparse = new Set<Slab>();

  /** Writes the text, and notes where in its tenant. */
  write(text: string, tenant: Tenant): void {
    if (text.length > LONG) {
      this.#writeAlone(text, tenant);
      return;
    }
    const room = text.length * BYTES_PER_UNIT + GAP;
    if (this.#used + room > SLAB_BYTES) this.#turnOver();
    this.#settle(tenant, writeUtf8(this.#slab.buffer, text, this.#used));
  }

  /** Nobody will read the text any more. */
  release(tenant: Tenant): void {
    const { slab } = tenant;
    if (slab === undefined) return;
    tenant.slab = undefined;
    this.#leave(tenant, slab);
    if (slab !== this.#slab && slab.texts > 0) this.#noteIfSparse(slab);
    if (this.held > ALWAYS_HELD && this.#holdsTooMuch()) this.#shrink();
  }

  #writeAlone(text: string, tenant: Tenant): void {
    const buffer = encoder.encode(text);
    const { length } = buffer;
    tenant.slab = { buffer, tenants: [tenant], texts: 1, bytes: length };
    tenant.start = 0;
    tenant.bytes = length;
    tenant.slot = 0;
    this.bytes += length;
    this.held += length;
  }

  /** What is written from now on is another slab. */
  #turnOver(): void {
    const before = this.#slab;
    this.#slab = this.#spare.pop() ?? this.#newSlab();
    this.#used = 0;
    this.#count = 0;
    this.#noteIfSparse(before);
  }

  #newSlab(): Slab {
    this.held += SLAB_BYTES;
    return { buffer: newBuffer(SLAB_BYTES), tenants: [], texts: 0, bytes: 0 };
  }

  /** The next bytes of what is written at present are the tenant's. */
  #settle(tenant: Tenant, bytes: number): void {
    const slab = this.#slab;
    tenant.slab = slab;
    tenant.start = this.#used;
    tenant.bytes = bytes;
    tenant.slot = this.#count++;
    slab.tenants[tenant.slot] = tenant;
    this.#used += bytes + GAP;
    slab.texts++;
    slab.bytes += bytes;
    this.bytes += bytes;
  }

  #noteIfSparse(slab: Slab): void {
    if (slab.bytes * MAX_HELD < slab.buffer.length) this.#sparse.add(slab);
  }

  #leave({ slot, bytes }: Tenant, slab: Slab): void {
    slab.tenants[slot] = undefined;
    slab.texts--;
    slab.bytes -= bytes;
    this.bytes -= bytes;
    if (slab.texts > 0) return;
    if (slab === this.#slab) {
      this.#used = 0;
      this.#count = 0;
    } else {
      this.#giveBack(slab);
    }
  }

  /** Keeps a slab without texts for later, if there is not enough of that already. */
  #giveBack(slab: Slab): void {
    this.#sparse.delete(slab);
    const { length } = slab.buffer;
    const mayStay = length === SLAB_BYTES && this.#spare.length < MAX_SPARE;
    if (mayStay && !this.#holdsTooMuch()) this.#spare.push(slab);
    else this.held -= length;
  }

  #holdsTooMuch(): boolean {
    return this.held > ALWAYS_HELD && this.held > MAX_HELD * this.bytes;
  }

  /**
   * Gives back what is kept for later, then moves what is left in sparse slabs, those first that have been
   * so for longest; until it is enough.
   */
  #shrink(): void {
    while (this.#spare.pop() !== undefined) {
      this.held -= SLAB_BYTES;
      if (!this.#holdsTooMuch()) return;
    }
    for (const slab of this.#sparse) {
      for (const tenant of slab.tenants) if (tenant !== undefined) this.#move(tenant, slab);
      if (!this.#holdsTooMuch()) return;
    }
  }

  #move(tenant: Tenant, from: Slab): void {
    const { start, bytes } = tenant;
    if (this.#used + bytes + GAP > SLAB_BYTES) this.#turnOver();
    this.#slab.buffer.set(from.buffer.subarray(start, start + bytes), this.#used);
    this.#leave(tenant, from);
    this.#settle(tenant, bytes);
    this.moved++;
    this.movedBytes += bytes;
  }
}

/** Copies texts into a body, from that place on, with a byte between them. */
export function copyTexts(
  tenants: readonly Tenant[],
  body: Uint8Array,
  at: number,
  between: number,
): void {
  let place = at;
  for (let index = 0; index < tenants.length; ) {
    const first = tenants[index] as Tenant;
    let last = first;
    let end = index + 1;
    // Up to where they lie one behind the other.
    for (; end < tenants.length; end++) {
      const next = tenants[end] as Tenant;
      if (next.slab !== last.slab || next.start !== last.start + last.bytes + GAP) break;
      last = next;
    }
    const { slab, start } = first;
    if (slab !== undefined) body.set(slab.buffer.subarray(start, last.start + last.bytes), place);
    // What was copied with them from between them is nobody's.
    for (; index < end; index++) {
      place += (tenants[index] as Tenant).bytes;
      if (index < tenants.length - 1) body[place++] = between;
    }
  }
}
