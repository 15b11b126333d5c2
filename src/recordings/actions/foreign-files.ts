/** Recognises common files that are no action files; what they are, as the end of a sentence. */

/** By the first bytes of the file. */
export function otherKindOf(bytes: Buffer): string | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return UTF_16;
  for (const [name, ...start] of foreignArchives) {
    if (start.every((byte, at) => bytes[at] === byte)) {
      return `it is packed by ${name}; unpack it, or pack it with gzip.`;
    }
  }
  const head = bytes.subarray(0, 1_000);
  const zeros = head.filter((byte) => byte === 0).length;
  if (zeros === 0) return undefined;
  // In UTF-16, every other byte of English text is 0.
  const letter = first || second || 0;
  const isText = zeros * 3 > head.length && letter >= 0x20 && letter < 0x7f;
  return isText ? UTF_16 : 'it is no text.';
}

const UTF_16 = 'it is text in UTF-16; make it UTF-8: iconv -f UTF-16 -t UTF-8.';

const foreignArchives = [
  ['zip', 0x50, 0x4b, 0x03, 0x04],
  ['zstd', 0x28, 0xb5, 0x2f, 0xfd],
  ['bzip2', 0x42, 0x5a, 0x68],
  ['xz', 0xfd, 0x37, 0x7a, 0x58, 0x5a],
] as const;

/** By its first line, which is no action. */
export function otherKindOfLine(line: string): string | undefined {
  if (/^[[{]\s*$/.test(line) || /^\[\s*\{/.test(line)) {
    return 'it is one JSON text, where each line has to be one: jq -c ".[]" makes lines of a list, jq -c . of objects.';
  }
  for (const [pattern, kind, advice] of foreign) {
    if (pattern.test(line)) return `it ${kind}; ${advice}.`;
  }
  return undefined;
}

const NOBODY = 'no command here reads it; examples/README.md says what an action file is';

/** What a line looks like, and what to do with such a file. */
const foreign: readonly (readonly [RegExp, string, string])[] = [
  [
    /"(resourceSpans|scopeSpans|resource_spans)"/,
    'looks like an export of OpenTelemetry (OTLP)',
    '"import otlp" reads it',
  ],
  [
    /"(traceId|trace_id)".*"(observations|projectId|parentObservationId)"/,
    'looks like an export of Langfuse',
    '"import langfuse" reads it',
  ],
  [/"(run_type|dotted_order)"/, 'looks like runs of LangSmith', '"import langsmith" reads it'],
  [
    /"(spanId|span_id)".*"(traceId|trace_id)"|"(traceId|trace_id)".*"(spanId|span_id)"/,
    'looks like spans of a tracer',
    '"import otlp" may read it',
  ],
  [/^\{\s*"(messages|role)"/, 'looks like a transcript of a conversation', NOBODY],
  [/^<(!doctype|html|\?xml)/i, 'is a page of HTML or XML', NOBODY],
];
