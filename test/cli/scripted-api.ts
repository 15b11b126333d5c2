// An API between the command line and an emulator that may answer otherwise than the emulator would.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { EmulatorOptions } from '../../src/testing/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import type { Api } from './run-cli.ts';
import { TOKEN } from './run-cli.ts';

export interface SentItem {
  readonly _type: string;
  readonly idempotency_key: string;
  readonly [field: string]: unknown;
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  /** Of a bulk request; else empty. */
  readonly items: readonly SentItem[];
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Asks the emulator: as it was sent, or with another body. */
export type Forward = (body?: object) => Promise<Answer & { readonly outputs: Outputs }>;

export type Outputs = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Gives an answer of its own; undefined leaves it to the emulator. */
export type Script = (
  sent: Sent,
  forward: Forward,
) => Promise<Answer | undefined> | Answer | undefined;

/** Serves an emulator with a script before it. */
export async function serveScripted(script: Script, options: EmulatorOptions = {}): Promise<Api> {
  const emulator = new Emulator({ token: TOKEN, strict: true, ...options });
  const server = createServer(async (message, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of message) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const method = message.method ?? 'GET';
    const path = message.url ?? '/';
    const forward: Forward = async (body) => {
      const sent = body === undefined ? text : JSON.stringify(body);
      const answer = await emulator.fetch(`https://emulator.test${path}`, {
        method,
        headers: Object.entries(message.headers).flatMap(([name, value]): [string, string][] =>
          typeof value === 'string' && name !== 'content-length' ? [[name, value]] : [],
        ),
        ...(method === 'POST' && { body: sent }),
      });
      const parsed = await answer.json();
      return { status: answer.status, body: parsed, outputs: parsed?.outputs ?? {} };
    };
    const body = text === '' ? {} : JSON.parse(text);
    const { status, body: answered } =
      (await script({ method, path, items: body.items ?? [], body }, forward)) ?? (await forward());
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answered));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const env = { PREFACTOR_API_URL: `http://127.0.0.1:${port}`, PREFACTOR_API_TOKEN: TOKEN };
  return { emulator, env };
}

/** The body of a bulk answer. */
export function bulkAnswer(outputs: Outputs): Answer {
  return { status: 200, body: { status: 'success', outputs } };
}

export function errorBody(code: string, message = 'No'): Readonly<Record<string, unknown>> {
  return { status: 'error', code, message };
}
