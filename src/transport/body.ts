/** Bytes of an answer that are read, at most; a hostile or broken server must not fill the memory. */
export const maxAnswerBytes: number = 32 * 1024 * 1024;

export interface Body {
  readonly text: string;
  /** False: it is larger than `maxAnswerBytes`, and `text` is only its beginning. */
  readonly isWhole: boolean;
}

/** Reads a body as text; tells `heard` of each part. Rejects when it breaks off, or when `signal` fires. */
export async function readBody(
  response: Response,
  signal: AbortSignal,
  heard: () => void,
): Promise<Body> {
  const reader = response.body?.getReader();
  if (reader === undefined) {
    return { text: '', isWhole: true };
  }
  // A stream that is thrown away may fail as it likes.
  const stop = (): void => void reader.cancel().catch(() => undefined);
  // fetch ends its streams by itself; a user's own fetch may give one that knows of no signal.
  signal.addEventListener('abort', stop);
  try {
    const decoder = new TextDecoder();
    let text = '';
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      heard();
      signal.throwIfAborted();
      if (done) {
        return { text: text + decoder.decode(), isWhole: true };
      }
      text += decoder.decode(value, { stream: true });
      bytes += value.byteLength;
      if (bytes > maxAnswerBytes) {
        stop();
        return { text, isWhole: false };
      }
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
