// One scripted response; what HTTP does not allow is written to the socket itself.
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

export type ScriptedResponse =
  /** Does what the items ask for. */
  | 'ok'
  | { readonly ok: 'slowly'; readonly ms: number }
  | { readonly ok: 'gzip' }
  | { readonly ok: 'after a BOM' }
  /** With an own text in each output's place: `KEY` stands for the item's key. */
  | { readonly ok: 'with outputs'; readonly output: string }
  /** With so many bytes beside the outputs. */
  | { readonly ok: 'padded'; readonly bytes: number }
  /** Any answer at all. */
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** Puts the date into the header `Retry-After`: so many milliseconds from now, by the header `Date`. */
      readonly retryAfterMs?: number;
    }
  /** Never ends. */
  | { readonly hangs: 'before the headers' | 'in the body' }
  /** The connection is cut. */
  | { readonly cut: 'before the headers' | 'in the headers' | 'in the body' };

export async function respond(
  wanted: ScriptedResponse,
  text: string,
  response: ServerResponse,
): Promise<void> {
  if (wanted === 'ok') return sendJson(response, outputsFor(text));
  if ('ok' in wanted) return respondOk(wanted, text, response);
  if ('hangs' in wanted) {
    if (wanted.hangs === 'in the body') startBody(response);
    return;
  }
  if ('cut' in wanted) {
    if (wanted.cut === 'in the headers') response.socket?.write('HTTP/1.1 200 OK\r\ncontent-ty');
    if (wanted.cut === 'in the body') startBody(response);
    setTimeout(() => response.socket?.destroy(), 5);
    return;
  }
  const at =
    wanted.retryAfterMs === undefined ? undefined : new Date(Date.now() + wanted.retryAfterMs);
  response.writeHead(wanted.status, {
    'content-type': 'application/json',
    ...(at && { 'retry-after': at.toUTCString() }),
    ...wanted.headers,
  });
  response.end(wanted.body ?? '');
}

async function respondOk(
  wanted: Extract<ScriptedResponse, { readonly ok: string }>,
  text: string,
  response: ServerResponse,
): Promise<void> {
  const body = outputsFor(text);
  switch (wanted.ok) {
    case 'slowly':
      await new Promise((resolve) => setTimeout(resolve, wanted.ms));
      return sendJson(response, body);
    case 'gzip':
      response.setHeader('content-encoding', 'gzip');
      return sendJson(response, gzipSync(body));
    case 'after a BOM':
      return sendJson(response, `\uFEFF${body}`);
    case 'padded':
      return sendJson(response, `{"padding":"${'x'.repeat(wanted.bytes)}",${body.slice(1)}`);
    case 'with outputs': {
      const keys = itemsOf(text).map(({ idempotency_key }) => idempotency_key);
      const outputs = keys.map(
        (key) => `${JSON.stringify(key)}:${wanted.output.replaceAll('KEY', String(key))}`,
      );
      return sendJson(response, `{"status":"success","outputs":{${outputs.join(',')}}}`);
    }
    default:
      wanted satisfies never;
  }
}

function sendJson(response: ServerResponse, body: string | Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(body);
}

function startBody(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
  response.write('{"status":"success","outputs":{');
}

interface Sent {
  readonly idempotency_key?: unknown;
  readonly id?: unknown;
  readonly agent_span_id?: unknown;
  readonly agent_instance_id?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

let made = 0;

function outputsFor(text: string): string {
  const outputs = itemsOf(text).map((item) => {
    const { details, agent_span_id, agent_instance_id } = item;
    const id = details?.['id'] ?? item.id ?? agent_span_id ?? agent_instance_id ?? newId();
    return [item.idempotency_key, { status: 'success', details: { ...details, id } }] as const;
  });
  return JSON.stringify({ status: 'success', outputs: Object.fromEntries(outputs) });
}

export function itemsOf(text: string): readonly Sent[] {
  if (text === '') return [];
  return (JSON.parse(text) as { readonly items?: readonly Sent[] }).items ?? [];
}

function newId(): string {
  return `01hzs0k0000000000000${String(++made).padStart(12, '0')}`;
}
