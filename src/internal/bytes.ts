import { host } from './host.ts';

const encoder = new TextEncoder();

/** UTF-8 bytes of `text`; a lone surrogate counts as the 3 bytes of the sign that replaces it. */
export function utf8Length(text: string): number {
  // Buffer counts without encoding: about ten times faster on small texts.
  return nodes?.Buffer.byteLength(text) ?? encoder.encode(text).length;
}

/** A buffer that belongs to no pool; what is in it is whatever was there. */
export function newBuffer(bytes: number): Uint8Array {
  return nodes?.Buffer.allocUnsafeSlow(bytes) ?? new Uint8Array(bytes);
}

/** Writes `text` as UTF-8 from `start` on, where it has to have room; returns how many bytes it took. */
export function writeUtf8(buffer: Uint8Array, text: string, start: number): number {
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
