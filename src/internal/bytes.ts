import { host } from './host.ts';

/** UTF-8 bytes of `text`; a lone surrogate counts as the 3 bytes of the sign that replaces it. */
export function utf8Length(text: string): number {
  // Buffer counts without encoding: about ten times faster on small texts.
  return host.Buffer?.byteLength(text) ?? encoder.encode(text).length;
}

const encoder = new TextEncoder();
