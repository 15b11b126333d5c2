/** What a user's code has at hand when it calls: each call makes a payload of its own. */

export interface Span {
  readonly agentInstanceId: string;
  readonly schemaName: string;
  readonly status: 'complete' | 'active';
  readonly payload: Payload;
  /** Only where the caller gives one. */
  readonly key?: string;
  /** Only in trees: an id made by the caller, and that of the span above. */
  readonly id?: string;
  readonly parentId?: string;
  /** The call that makes the span above, for a client that takes references. */
  readonly parent?: Promise<unknown>;
}

interface Payload {
  readonly name: string;
  readonly inputs: object;
  readonly metadata: object;
  readonly marker?: Marker;
}

/** What the server does with a span: answer with an error, or refuse the request that holds it. */
type Marker = 'fail' | 'poison';

/**
 * `complete`: in a run whose id is a PFID, so that our client makes the span's own at the call; and over
 * by then. `open`: in a run with a foreign id, so that the span's own comes with the answer; and still to
 * be finished, so that our client has to know of it.
 */
export type SpanKind = 'complete' | 'open';

/** Of the run, by the kind of its spans. */
export const INSTANCES: Readonly<Record<SpanKind, string>> = {
  complete: '01k6a2v4h0benchmark0000000000000',
  open: 'a3f1c2d4-1111-4222-8333-944445555666',
};

const STATUSES = { complete: 'complete', open: 'active' } as const;
const WORDS =
  'the tool answered with a table of the orders that were late this week, and the model ';
const TEXTS = 16;

export type MakeSpan = (index: number, marker?: Marker) => Span;

/** Makes spans whose `details` on the wire are about so many bytes. */
export function spansOf(bytes: number, kind: SpanKind): MakeSpan {
  const messages = Math.max(1, Math.round(bytes / 600));
  const bare = spanWith(kind, messages, [''])(12_345);
  const envelope = JSON.stringify(detailsOf(bare)).length;
  const length = Math.max(1, Math.round((bytes - envelope) / messages));
  const texts = Array.from({ length: TEXTS }, (_, index) =>
    WORDS.repeat(Math.ceil((length + index) / WORDS.length)).slice(index, index + length),
  );
  return spanWith(kind, messages, texts);
}

/** The same, each with a key of its caller's. */
export function keyed(make: MakeSpan): MakeSpan {
  let made = 0;
  return (index, marker) => ({ ...make(index, marker), key: `callers-key-${made++}` });
}

/** A span as the API has it. */
export function detailsOf(span: Span): object {
  const { agentInstanceId, schemaName, status, payload, id, parentId } = span;
  const details = { agent_instance_id: agentInstanceId, schema_name: schemaName, status, payload };
  if (id === undefined) return details;
  return { ...details, id, parent_span_id: parentId ?? null };
}

function spanWith(kind: SpanKind, messages: number, texts: readonly string[]): MakeSpan {
  const messageAt = (index: number): object => ({
    role: 'user',
    content: texts[index % texts.length] ?? '',
  });
  return (index, marker) => {
    // Of just that length: one that grew by push would have room for 17, and each call would hold it.
    const list = new Array<object>(messages);
    for (let at = 0; at < messages; at++) list[at] = messageAt(index + at);
    const payload = {
      name: `step ${index}`,
      inputs: { messages: list, model: 'small-1', temperature: 0.2 },
      metadata: { attempt: 1, cached: false },
    };
    return {
      agentInstanceId: INSTANCES[kind],
      schemaName: 'agent:llm',
      status: STATUSES[kind],
      payload: marker === undefined ? payload : { ...payload, marker },
    };
  };
}
