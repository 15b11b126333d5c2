/** The second server behind real sockets: cuts, resets, is silent, and is not there at times. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Chance } from '../chance.ts';
import type { Plan } from '../plan.ts';
import type { Seams } from '../seams.ts';
import type { Time } from '../time.ts';
import type { Sent, Wire } from '../wire.ts';
import type { Answer, Service } from './service.ts';

export interface SocketServer {
  readonly apiUrl: string;
  /** Ends it, and all that it still wants to do. */
  end(): Promise<void>;
}

export interface SocketPorts {
  readonly plan: Plan;
  readonly time: Time;
  readonly wire: Wire;
  readonly service: Service;
  readonly seams: Seams;
}

export async function listen(ports: SocketPorts): Promise<SocketServer> {
  const { plan, time, wire } = ports;
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => void serve(ports, request, response));
  let connections = 0;
  server.on('connection', (socket) => {
    const chance = new Chance(plan.seed, `connection ${++connections}`);
    // A server that is short of breath takes a connection, and drops it.
    if (plan.dimensions.has('lostRequests') && chance.is(0.05)) socket.resetAndDestroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  const open = (port: number): Promise<void> =>
    new Promise((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await open(0);
  const { port } = server.address() as AddressInfo;
  if (plan.dimensions.has('downAtFirst')) {
    await close();
    wire.thereSince = Number.POSITIVE_INFINITY;
    time.afterOutside(60, () => {
      wire.thereSince = time.now();
      void open(port);
    });
  }
  return { apiUrl: `http://127.0.0.1:${port}`, end: close };
}

async function serve(
  ports: SocketPorts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { plan, time, wire, service, seams } = ports;
  const isPing = request.url?.endsWith('/ping') ?? false;
  const sent = wire.begin(isPing);
  response.on('close', () => {
    wire.end(sent, 'given up', undefined);
  });
  const body = await bodyOf(request);
  if (body === undefined) return;
  if (isPing) {
    answerWith(wire, sent, response, {
      kind: 'whole',
      status: 200,
      headers: {},
      body: '{}',
      times: 1,
    });
    return;
  }
  wire.carries(sent, body);
  const chance = new Chance(plan.seed, `way ${sent.no}`);
  const [least, most] = plan.ways.latencyMs;
  time.afterOutside(chance.from(least, most), () => {
    if (sent.end !== undefined && !plan.dimensions.has('lateRequests')) return;
    const authorization = request.headers.authorization ?? null;
    const { answer, later } = service.handle(sent.no ?? 0, body, authorization);
    if (later !== undefined) time.afterOutside(chance.pick([0, 50, 400]), later);
    if ('body' in answer) {
      answerWith(wire, sent, response, { ...answer, body: seams.answer(answer.body) });
    } else if (answer.kind === 'reset') {
      wire.end(sent, 'broken', answer);
      request.socket.resetAndDestroy();
    }
  });
}

function answerWith(
  wire: Wire,
  sent: Sent,
  response: ServerResponse,
  answer: Extract<Answer, { body: string }>,
): void {
  const { kind, status, headers, body, times } = answer;
  if (response.destroyed) return;
  // Whether it is read to its end, only the client knows.
  wire.end(sent, kind === 'whole' ? 'answered' : 'broken', answer);
  const length = Buffer.byteLength(body) * times;
  response.writeHead(status, {
    ...headers,
    'content-length': kind === 'cut' ? length + 9 : length,
  });
  for (let time = 1; time < times; time++) response.write(body);
  if (kind === 'cut') response.write(body, () => response.destroy());
  else response.end(body);
}

/** Undefined for a body that breaks off. */
function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
  });
}
