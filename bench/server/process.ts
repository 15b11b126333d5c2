/** The server, in a process of its own; ends with the one that started it. */

import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Command } from '../job.ts';
import type { Answer } from './bulk.ts';
import type { Rules } from './routes.ts';
import { answer } from './routes.ts';

export interface ServerOptions {
  readonly rttMs: number;
  readonly rules: Rules;
}

/** What was seen since the last report. */
export interface Seen {
  /** Those that held items. */
  readonly requests: number;
  readonly items: number;
  /** The most requests at once. */
  readonly inFlight: number;
}

const { rttMs, rules } = JSON.parse(process.argv[2] ?? '') as ServerOptions;
let requests = 0;
let items = 0;
let now = 0;
let most = 0;
/** Answers that are kept back; undefined while none are. */
let held: (() => void)[] | undefined;

const server = createServer((request, response) => {
  now++;
  most = Math.max(most, now);
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    const given = answer(request.url ?? '', body, rules);
    if (given.items > 0) requests++;
    items += given.items;
    const send = (): void => reply(response, given);
    if (held !== undefined) held.push(send);
    else if (rttMs > 0) setTimeout(send, rttMs);
    else send();
  });
});

function reply(response: ServerResponse, { status, text }: Answer): void {
  now--;
  // All of it is ASCII, so its length is its bytes.
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': text.length,
  });
  response.end(text, 'latin1');
}

process.on('message', (command: Command) => {
  if (command === 'hold') held = [];
  if (command === 'release') {
    const answers = held ?? [];
    held = undefined;
    for (const send of answers) send();
  }
  const seen: Seen = { requests, items, inFlight: most };
  if (command === 'report') [requests, items, most] = [0, 0, now];
  process.send?.(seen);
});
process.once('disconnect', () => process.exit());

// A pause between two scenarios must not close a connection under a request.
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
