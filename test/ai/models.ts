// Models that answer by themselves.
import type { ModelMessage } from 'ai';
import { APICallError } from 'ai';
import { convertArrayToReadableStream, MockLanguageModelV4 } from 'ai/test';

type GenerateResult = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>;
type Content = GenerateResult['content'][number];
type StreamResult = Awaited<ReturnType<MockLanguageModelV4['doStream']>>;
export type StreamPart = StreamResult['stream'] extends ReadableStream<infer Part> ? Part : never;
type Call = Parameters<MockLanguageModelV4['doGenerate']>[0];

/** What a model says: a text, calls of tools, or an error that it throws. */
export type Turn = string | readonly ToolCall[] | Error;
interface ToolCall {
  readonly id: string;
  readonly tool: string;
  readonly input: object;
}

/** 7 tokens in, 2 out. */
const usage: GenerateResult['usage'] = {
  inputTokens: { total: 7, noCache: 7, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 2, text: 2, reasoning: undefined },
};
export const TOKENS = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };

/** Says one thing after the other; or what a function says, which hears what it is called with. */
export function modelOf(
  turns: readonly Turn[] | ((call: Call) => Turn | Promise<Turn>),
  modelId = 'small-1',
): MockLanguageModelV4 {
  let next = 0;
  const turnOf = async (call: Call): Promise<Turn> => {
    const turn = typeof turns === 'function' ? await turns(call) : (turns[next++] ?? '');
    if (turn instanceof Error) throw turn;
    return turn;
  };
  return new MockLanguageModelV4({
    provider: 'mock',
    modelId,
    doGenerate: async (call) => {
      const turn = await turnOf(call);
      return { content: contentOf(turn), finishReason: reasonOf(turn), usage, warnings: [] };
    },
    doStream: async (call) => ({
      stream: convertArrayToReadableStream(partsOf(await turnOf(call))),
    }),
  });
}

export function partsOf(turn: Turn): StreamPart[] {
  return [
    { type: 'stream-start', warnings: [] },
    ...contentOf(turn).flatMap((part): StreamPart[] =>
      part.type === 'text' ? textParts(part.text) : part.type === 'tool-call' ? [part] : [],
    ),
    { type: 'finish', finishReason: reasonOf(turn), usage },
  ];
}

/** A text in pieces of one letter. */
export function textParts(text: string): StreamPart[] {
  return [
    { type: 'text-start', id: '1' },
    ...[...text].map((delta): StreamPart => ({ type: 'text-delta', id: '1', delta })),
    { type: 'text-end', id: '1' },
  ];
}

function contentOf(turn: Turn): Content[] {
  if (typeof turn === 'string') return [{ type: 'text', text: turn }];
  if (turn instanceof Error) return [];
  return turn.map(({ id, tool, input }) => ({
    type: 'tool-call',
    toolCallId: id,
    toolName: tool,
    input: JSON.stringify(input),
  }));
}

function reasonOf(turn: Turn): GenerateResult['finishReason'] {
  const unified = typeof turn === 'string' ? 'stop' : 'tool-calls';
  return { unified, raw: unified };
}

export const asked = (content: string): ModelMessage[] => [{ role: 'user', content }];

/** An error after which the SDK tries again. */
export const retryable = (): Error =>
  new APICallError({ message: 'busy', url: 'x:', requestBodyValues: {}, isRetryable: true });
