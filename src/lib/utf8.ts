import { runtime } from './runtime.ts';

export const utf8Encoder: TextEncoder = new TextEncoder();

/** UTF-8 bytes of `text`; a lone surrogate counts as the 3 bytes of the sign that replaces it. */
export function utf8Length(text: string): number {
  // Buffer counts without encoding: about ten times faster on small texts.
  return node?.Buffer.byteLength(text) ?? utf8Encoder.encode(text).length;
}

/** A buffer of its own, outside Node's pool. Its content is not cleared. */
export function newBuffer(bytes: number): Uint8Array {
  return node?.Buffer.allocUnsafeSlow(bytes) ?? new Uint8Array(bytes);
}

/** Writes `text` as UTF-8 from `start` on, where there must be room for it. Returns the bytes written. */
export function writeUtf8(buffer: Uint8Array, text: string, start: number): number {
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
