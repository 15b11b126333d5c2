import { runtime } from '../lib/runtime.ts';

interface Zlib {
  createGunzip(): { write(bytes: Uint8Array): void; end(): void };
}

/**
 * Unpacks by the stream that Node's own fetch uses: all members of the file count, zeros behind them do
 * not matter. The stream fails where the bytes are no gzip, or end too early.
 */
export function gunzip(packed: readonly Uint8Array[]): object {
  const zlib = runtime.process?.getBuiltinModule?.('node:zlib') as Zlib;
  const stream = zlib.createGunzip();
  for (const bytes of packed) stream.write(bytes);
  stream.end();
  return stream;
}

/** Both are the same (RFC 9110, 8.4.1.3). */
export function isGzip(encoding: string): boolean {
  return /^\s*(x-)?gzip\s*$/i.test(encoding);
}
