/** Answers that are there and of no use: one output that says nothing, or more bytes than are read. */
import type { SpoiltAnswer } from './plan.ts';

/** More than the 32 MiB that are read. */
const TOO_MANY_BYTES = 32 * 1024 * 1024 + 1;

export interface Spoilt {
  readonly response: Response;
  /** Whose output was replaced. */
  readonly key?: string | undefined;
}

/** Undefined: there is nothing to spoil in this answer. */
export async function spoil(
  answer: SpoiltAnswer,
  response: Response,
  keys: readonly string[],
): Promise<Spoilt | undefined> {
  if (response.status !== 200) return undefined;
  if (answer.kind === 'large') {
    await response.body?.cancel();
    return { response: new Response(largeBody(), response) };
  }
  const body: { outputs: Record<string, unknown> } = await response.json();
  const answered = keys.filter((key) => Object.hasOwn(body.outputs, key));
  const key = answered[Math.floor(answer.place * answered.length)];
  if (key === undefined) return { response: new Response(JSON.stringify(body), response) };
  const outputs = { ...body.outputs, [key]: answer.output };
  return { response: new Response(JSON.stringify({ ...body, outputs }), response), key };
}

/** One piece that says of itself that it is so large: nobody has to fill the memory to see what happens. */
function largeBody(): ReadableStream<Uint8Array> {
  const piece = new TextEncoder().encode('{"status":"success","outputs":{');
  Object.defineProperty(piece, 'byteLength', { value: TOO_MANY_BYTES });
  return new ReadableStream<Uint8Array>(
    { pull: (controller) => controller.enqueue(piece) },
    { highWaterMark: 0 },
  );
}
