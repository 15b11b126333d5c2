/**
 * Carries requests to the second server under virtual time, as a `fetch` that the client is given: late,
 * broken, or after everybody has given up.
 */
import { Chance } from './chance.ts';
import type { Plan } from './plan.ts';
import type { Seams } from './seams.ts';
import type { Answer, Service } from './server/service.ts';
import type { Time } from './time.ts';
import type { Sent, Wire } from './wire.ts';

export class Network {
  readonly #plan: Plan;
  readonly #time: Time;
  readonly #wire: Wire;
  readonly #service: Service;
  readonly #seams: Seams;
  readonly #kept = new Set<Exchange>();

  constructor(plan: Plan, time: Time, wire: Wire, service: Service, seams: Seams) {
    this.#plan = plan;
    this.#time = time;
    this.#wire = wire;
    this.#service = service;
    this.#seams = seams;
  }

  carry(request: Request): Promise<Response> {
    const isPing = request.url.endsWith('/ping');
    const sent = this.#wire.begin(isPing);
    const { signal } = request;
    return new Promise((resolve, reject) => {
      const exchange: Exchange = {
        sent,
        authorization: request.headers.get('authorization'),
        kept: this.#plan.dimensions.has('lettingGo') ? undefined : request,
        resolve: (response, answer) => {
          this.#time.stir();
          this.#kept.delete(exchange);
          this.#wire.end(sent, answer.kind === 'whole' ? 'answered' : 'broken', answer);
          resolve(response);
        },
        reject: (error) => {
          this.#time.stir();
          this.#kept.delete(exchange);
          this.#wire.end(sent, 'broken', undefined);
          reject(error);
        },
      };
      const giveUp = (): void => {
        this.#time.stir();
        this.#kept.delete(exchange);
        this.#wire.end(sent, 'given up', undefined);
        reject(signal.reason);
      };
      if (signal.aborted) {
        giveUp();
        return;
      }
      signal.addEventListener('abort', giveUp);
      this.#kept.add(exchange);
      if (isPing) this.#ping(exchange);
      else request.text().then((body) => this.#send(exchange, body), exchange.reject);
    });
  }

  /** Something else happens to it than that it is carried, and nobody knows what. */
  lose(request: Request): void {
    const isPing = request.url.endsWith('/ping');
    const sent = this.#wire.begin(isPing);
    this.#wire.end(sent, 'broken', undefined);
    if (!isPing) void request.text().then((body) => this.#wire.loses(sent, body));
  }

  #ping(exchange: Exchange): void {
    const chance = new Chance(this.#plan.seed, `ping ${this.#wire.pings}`);
    this.#time.afterOutside(this.#latency(chance), () => {
      if (this.#isOut()) this.#break(exchange);
      else
        this.#deliver(exchange, { kind: 'whole', status: 200, headers: {}, body: '{}', times: 1 });
    });
  }

  #send(exchange: Exchange, text: string): void {
    this.#time.stir();
    const { sent } = exchange;
    if (sent.end !== undefined) return;
    const body = this.#seams.request(text);
    this.#wire.carries(sent, body);
    const chance = new Chance(this.#plan.seed, `way ${sent.no}`);
    this.#time.afterOutside(this.#latency(chance), () => {
      if (this.#isOut()) {
        this.#break(exchange);
        return;
      }
      const isGivenUp = sent.end !== undefined;
      if (!isGivenUp) this.#arrive(exchange, body, chance);
      else if (this.#plan.dimensions.has('lateRequests') && chance.is(0.5)) {
        // Nobody waits for it any more, and still it comes.
        this.#time.afterOutside(chance.from(0, 20_000), () => this.#arrive(exchange, body, chance));
      }
    });
  }

  #arrive(exchange: Exchange, body: string, chance: Chance): void {
    const { sent, authorization } = exchange;
    const { answer, later } = this.#service.handle(sent.no ?? 0, body, authorization);
    if (later !== undefined) this.#time.afterOutside(chance.pick([0, 500, 6_000, 60_000]), later);
    if (answer.kind === 'silence') return;
    this.#time.afterOutside(this.#latency(chance), () => {
      if (sent.end !== undefined) return;
      if (!('body' in answer)) this.#break(exchange);
      else this.#deliver(exchange, answer);
    });
  }

  #break(exchange: Exchange): void {
    this.#time.deliver(() => exchange.reject(reset()));
  }

  #deliver(exchange: Exchange, answer: Extract<Answer, { body: string }>): void {
    this.#time.deliver(() => this.#respond(exchange, answer));
  }

  #respond(exchange: Exchange, answer: Extract<Answer, { body: string }>): void {
    if (exchange.sent.end !== undefined) return;
    const { status, headers } = answer;
    const body = this.#seams.answer(answer.body);
    if (answer.kind === 'whole' && answer.times === 1) {
      exchange.resolve(new Response(body, { status, headers }), answer);
      return;
    }
    const piece = new TextEncoder().encode(body);
    let left = answer.times;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(piece);
        else if (answer.kind === 'cut') controller.error(reset());
        else controller.close();
      },
    });
    exchange.resolve(new Response(stream, { status, headers }), answer);
  }

  #latency(chance: Chance): number {
    const [least, most] = this.#plan.ways.latencyMs;
    return chance.from(least, most);
  }

  #isOut(): boolean {
    const { outage } = this.#plan.ways;
    const now = this.#time.now();
    return outage !== undefined && now >= outage[0] && now < outage[1];
  }
}

interface Exchange {
  readonly sent: Sent;
  readonly authorization: string | null;
  /** A request that is collected follows its signal no more. */
  readonly kept: Request | undefined;
  readonly resolve: (response: Response, answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

function reset(): Error {
  const cause = Object.assign(new Error('read ECONNRESET'), {
    code: 'ECONNRESET',
    syscall: 'read',
  });
  return new TypeError('fetch failed', { cause });
}
