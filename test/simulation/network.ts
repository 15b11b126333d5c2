/**
 * The simulated network: hands each request to the emulator, with the fault that the plan has for
 * it, and sees what the server would see.
 */
import type { Fault } from '../../src/testing/index.ts';
import type { Plan, PlannedFault } from './plan.ts';
import type { SimulatedServer } from './server.ts';
import { spoil } from './spoil.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A request as it left. */
export interface Sent {
  /** From 0 over all bulk requests; undefined for a ping. */
  readonly number: number | undefined;
  readonly body: string;
  readonly items: readonly SentItem[];
  /** It outlives the page. */
  readonly isKeptAlive: boolean;
  readonly leftAt: number;
  /** An answer, a broken connection, or nothing since the client gave it up. */
  result: number | 'broken' | 'given up' | undefined;
  endedAt?: number | undefined;
  /** Its answer came while the process stood still, until then. */
  heldUntil?: number | undefined;
  /** Keys of which that answer says that they succeeded. */
  succeeded?: ReadonlySet<string> | undefined;
  /** No other was in flight when it ended. */
  isLastInFlight?: boolean | undefined;
}

interface SentItem {
  readonly key: string;
  /** As on the wire, to the letter. */
  readonly text: string;
}

export interface NetworkListener {
  onRequest(sent: Sent): void;
  /** `pauseMs`: how long the server wants to be left alone. */
  onResult(sent: Sent, pauseMs: number | undefined): void;
  onFault(kind: string): void;
  /** The output of that key says nothing. */
  onMalformed(key: string): void;
  /** The answer is larger than what is read. */
  onLarge(sent: Sent): void;
  /** It was given up, though its answer was there when the process went on. */
  onIgnored(sent: Sent): void;
}

const NO_FAULT: Fault = { kind: 'delay', delayMs: 0 };
/** How long an endless body takes for each piece of it. */
const PIECE_MS = 2_000;

export class Network {
  readonly #plan: Plan;
  readonly #server: SimulatedServer;
  readonly #time: VirtualTime;
  readonly #listener: NetworkListener;
  readonly #faults: ReadonlyMap<number, PlannedFault>;
  #requests = 0;
  /** Requests that have not got to the server yet, or whose work there nobody can stop. */
  heldUp = 0;

  constructor(plan: Plan, server: SimulatedServer, time: VirtualTime, listener: NetworkListener) {
    this.#plan = plan;
    this.#server = server;
    this.#time = time;
    this.#listener = listener;
    this.#faults = new Map(plan.faults.map((planned) => [planned.at, planned]));
  }

  /** Bound: can be handed on as it is. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const isBulk = request.url.endsWith('/bulk');
    const number = isBulk ? this.#requests++ : undefined;
    const body = isBulk ? await request.text() : '';
    const sent: Sent = {
      number,
      body,
      items: isBulk ? itemsOf(body) : [],
      isKeptAlive: request.keepalive,
      leftAt: this.#time.now(),
      result: undefined,
    };
    const end = (result: number | 'broken' | 'given up', pauseMs?: number): void => {
      if (sent.result !== undefined) return;
      sent.result = result;
      request.signal.removeEventListener('abort', giveUp);
      this.#listener.onResult(sent, pauseMs);
    };
    const giveUp = (): void => {
      if (sent.heldUntil !== undefined) this.#listener.onIgnored(sent);
      end('given up');
    };
    request.signal.throwIfAborted();
    request.signal.addEventListener('abort', giveUp);
    this.#listener.onRequest(sent);
    try {
      const planned = number === undefined ? undefined : this.#faults.get(number);
      const answer = await this.#exchange(request, body, planned);
      const isTurned = planned === undefined && this.#plan.server.outputs === 'reversed';
      const response = isTurned
        ? await reversed(answer)
        : await this.#spoilt(answer, sent, planned);
      if (planned === undefined) await this.#noteSuccesses(sent, response);
      await this.#running(sent);
      // Of a broken answer the client sees nothing for certain.
      const isCut = planned?.fault.kind === 'dropMiddle';
      if (isCut) end('broken');
      else end(response.status, pauseOf(response.headers, planned?.fault, this.#time.wallNow()));
      return response;
    } catch (error) {
      await this.#running(sent);
      end('broken');
      throw error;
    }
  };

  /** What comes while the process stands still lies in its socket. */
  async #running(sent: Sent): Promise<void> {
    const until = this.#time.frozenUntil;
    if (until === undefined) return;
    sent.heldUntil = until;
    await new Promise<void>((resolve) => this.#time.whenRunning(resolve));
  }

  async #noteSuccesses(sent: Sent, response: Response): Promise<void> {
    if (this.#time.frozenUntil === undefined || response.status !== 200) return;
    const { outputs }: { outputs?: Record<string, { status: string }> } = await response
      .clone()
      .json();
    const succeeded = Object.entries(outputs ?? {}).filter(([, one]) => one.status === 'success');
    sent.succeeded = new Set(succeeded.map(([key]) => key));
  }

  async #spoilt(
    response: Response,
    sent: Sent,
    planned: PlannedFault | undefined,
  ): Promise<Response> {
    const answer = planned?.answer;
    if (answer === undefined) return response;
    const keys = sent.items.map(({ key }) => key);
    const spoilt = await spoil(answer, response, keys);
    if (spoilt === undefined) return response;
    const isRead = sent.result === undefined;
    if (isRead && spoilt.key !== undefined) this.#listener.onMalformed(spoilt.key);
    if (isRead && answer.kind === 'large') this.#listener.onLarge(sent);
    return spoilt.response;
  }

  async #exchange(
    request: Request,
    body: string,
    planned: PlannedFault | undefined,
  ): Promise<Response> {
    if (this.#isOut()) {
      this.#listener.onFault('outage');
      await this.#wait(this.#plan.server.latencyMs[0], request.signal);
      throw new TypeError('fetch failed', { cause: new Error('no way to the host') });
    }
    if (planned?.heldUpMs !== undefined) return this.#holdUp(request, body, planned.heldUpMs);
    const fault = this.#faultOf(planned, request);
    const response = await this.#arrive(request, body, fault, request.signal);
    return fault.kind === 'endless' ? this.#slow(response, request.signal) : response;
  }

  async #arrive(
    request: Request,
    body: string,
    fault: Fault,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const { emulator } = this.#server;
    // Requests are taken up in the order in which they come, and each takes its own.
    emulator.faults.next(fault, { on: 'any' });
    return emulator.fetch(request.url, {
      method: request.method,
      headers: request.headers,
      redirect: request.redirect,
      ...(signal !== undefined && { signal }),
      ...(request.method === 'POST' && { body }),
    });
  }

  /** Whoever has sent it can stop waiting, but cannot call it back. */
  async #holdUp(request: Request, body: string, ms: number): Promise<Response> {
    this.#listener.onFault('held up');
    this.heldUp++;
    const { signal } = request;
    const response = new Promise<Response>((resolve, reject) => {
      this.#time.afterOutside(ms, () => {
        this.#arrive(request, body, NO_FAULT, undefined)
          .finally(() => this.heldUp--)
          .then(resolve, reject);
      });
    });
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(signal.reason);
      signal.addEventListener('abort', giveUp, { once: true });
      response.then((answer) => {
        signal.removeEventListener('abort', giveUp);
        if (signal.aborted) void answer.body?.cancel();
        else resolve(answer);
      }, reject);
    });
  }

  #faultOf(planned: PlannedFault | undefined, request: Request): Fault {
    if (planned === undefined) return NO_FAULT;
    const { fault, retryAfterDateS, echoes } = planned;
    this.#listener.onFault(fault.kind === 'status' ? `status ${fault.status}` : fault.kind);
    if (fault.kind !== 'status') return fault;
    if (echoes) {
      const token = request.headers.get('authorization') ?? '';
      return { ...fault, message: `${token} may not do this`, errors: { token: [token] } };
    }
    if (retryAfterDateS === undefined) return fault;
    return { ...fault, retryAfter: new Date(this.#time.wallNow() + retryAfterDateS * 1_000) };
  }

  #isOut(): boolean {
    const now = this.#time.now();
    return this.#plan.outages.some(({ fromMs, toMs }) => fromMs <= now && now < toMs);
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#time.afterOutside(ms, () => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
      const abort = (): void => {
        cancel();
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** An endless body that comes slowly; at full speed all of it would have to be read each time. */
  #slow(response: Response, signal: AbortSignal): Response {
    const reader = response.body?.getReader();
    const wait = async (): Promise<void> => {
      await this.#wait(PIECE_MS, signal);
      await new Promise<void>((resolve) => this.#time.whenRunning(resolve));
    };
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await wait();
          const piece = await reader?.read();
          if (piece?.value !== undefined) controller.enqueue(piece.value);
        },
        cancel: () => reader?.cancel(),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, response);
  }
}

/** The same answer, its outputs from the last to the first. */
async function reversed(response: Response): Promise<Response> {
  if (response.status !== 200) return response;
  const { outputs = {}, ...rest }: { outputs?: object } = await response.json();
  const turned = Object.fromEntries(Object.entries(outputs).toReversed());
  return new Response(JSON.stringify({ ...rest, outputs: turned }), response);
}

/** The items of a bulk request, each as it stands there; none where it cannot be read. */
function itemsOf(body: string): SentItem[] {
  try {
    const { items }: { items: { idempotency_key: string }[] } = JSON.parse(body);
    return items.map((item) => ({ key: item.idempotency_key, text: JSON.stringify(item) }));
  } catch {
    return [];
  }
}

function pauseOf(headers: Headers, fault: Fault | undefined, now: number): number | undefined {
  const header = headers.get('retry-after');
  if (header === null) return fault?.kind === 'status' ? fault.retryAfterMs : undefined;
  const seconds = Number(header);
  return Number.isNaN(seconds) ? Math.max(0, Date.parse(header) - now) : seconds * 1_000;
}
