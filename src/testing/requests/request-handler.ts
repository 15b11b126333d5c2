// From a request to its response: its arrival, the latency, the work, the latency.

import type { FaultInjector } from '../faults/fault-injector.ts';
import { matches } from '../faults/fault-injector.ts';
import { damage, misname, responseInstead } from '../faults/fault-responses.ts';
import type { Fault } from '../faults/fault-types.ts';
import { isAfterWork } from '../faults/fault-types.ts';
import { corsHeaders, preflightResponse } from '../http/cors.ts';
import type { EmulatedRequest, EmulatedResponse, FullResponse } from '../http/request-response.ts';
import { jsonResponse, textResponse } from '../http/request-response.ts';
import type { EmulatorClock } from '../lib/emulator-clock.ts';
import type { EmulatorOptions } from '../options/emulator-options.ts';
import type { AnsweredRequest, Recorder, RequestRecord } from '../report/report.ts';
import type { Store } from '../state/store.ts';
import type { ActionOutput, ItemOutput } from '../wire/action-results.ts';
import { errorOutput, statusOfCode } from '../wire/errors.ts';
import type { NoRoute, Route } from '../wire/routes.ts';
import { findRoute } from '../wire/routes.ts';
import { runItem } from './item-runner.ts';
import type { ParsedRequest } from './request-reader.ts';
import { readRequest } from './request-reader.ts';

interface Work {
  readonly response: EmulatedResponse;
  /** How many items ran. */
  readonly ran: number;
}

/** A request of a known route. */
interface ArrivedRequest {
  readonly request: EmulatedRequest;
  readonly route: Route;
  readonly record: RequestRecord;
  readonly parsed: ParsedRequest;
  readonly leave: (status: AnsweredRequest['status']) => void;
}

export interface RequestHandlerParts {
  readonly store: Store;
  readonly faults: FaultInjector;
  readonly recorder: Recorder;
  readonly clock: EmulatorClock;
  readonly onAnswer: EmulatorOptions['onAnswer'] | undefined;
}

export class RequestHandler {
  readonly #parts: RequestHandlerParts;
  readonly #newId = (): string => this.#parts.store.newId(null);
  #second = 0;
  #inSecond = 0;

  constructor(parts: RequestHandlerParts) {
    this.#parts = parts;
  }

  /** Rejects with the signal's reason when that aborts. Work that was done by then stays done. */
  async handle(request: EmulatedRequest): Promise<EmulatedResponse> {
    request.signal?.throwIfAborted();
    const preflight = preflightResponse(request);
    if (preflight !== undefined) return preflight;
    const { clock, onAnswer, recorder } = this.#parts;
    const arrivedMs = clock.now();
    const route = findRoute(request.method, request.url.pathname);
    const record = recorder.nextRequest(route.label, request.body.length);
    const arrival = 'allow' in route ? route : this.#arrive(request, route, record);
    let status: AnsweredRequest['status'] = 'dropped';
    try {
      const response =
        'allow' in arrival
          ? await this.#noRoute(request, arrival, record)
          : await this.#process(arrival);
      if (response.kind === 'full' || response.kind === 'endless') status = response.status;
      if (response.kind === 'drop') return response;
      const id = `emulator-${record.request}`;
      const headers = { 'x-request-id': id, ...corsHeaders(request), ...response.headers };
      return { ...response, headers };
    } finally {
      if ('leave' in arrival) arrival.leave(status);
      onAnswer?.({ ...record, status, ms: clock.now() - arrivedMs });
    }
  }

  #arrive(request: EmulatedRequest, route: Route, record: RequestRecord): ArrivedRequest {
    const { recorder, store } = this.#parts;
    const parsed = readRequest({ request, route, options: store.options, record });
    for (const item of parsed.items) store.keepKey(item);
    if (route.kind === 'bulk') record.items = parsed.items.length;
    const leave = recorder.arrive(record, route.kind, parsed.items, parsed.keys);
    return { request, route, record, parsed, leave };
  }

  /**
   * The first of these decides: a fault, as of a proxy; a request that is not valid; a limit; a poisoned
   * item; the items themselves.
   */
  async #process(arrival: ArrivedRequest): Promise<EmulatedResponse> {
    const { route, record, parsed } = arrival;
    const { signal } = arrival.request;
    const { clock, faults, store } = this.#parts;
    const onTheWayMs = store.options.latencyMs() / 2;
    const fault = faults.forRequest(route, record);
    const limit = route.kind === 'bulk' ? this.#limit(record) : undefined;
    const atOnce = fault !== undefined && isAfterWork(fault) ? undefined : fault;
    let early = responseInstead(atOnce, clock.now()) ?? parsed.refusal ?? limit;
    const poison = early === undefined ? faults.poisonAmong(parsed.items, record) : undefined;
    early ??= responseInstead(poison, clock.now());
    await clock.wait(onTheWayMs + (fault?.delayMs ?? 0) + (poison?.delayMs ?? 0), signal);
    // All the work is done in one step, so the items of two requests never run by turns. On the real server they may
    // (docs/internals/api.md, "Processing": unknown).
    const { response, ran } =
      early === undefined ? this.#work(arrival, fault) : { response: early, ran: 0 };
    await clock.wait(onTheWayMs + ran * store.options.itemMs, signal);
    return responseInstead(fault, clock.now()) ?? damage(fault, response);
  }

  #work(arrival: ArrivedRequest, fault: Fault | undefined): Work {
    try {
      return arrival.route.kind === 'bulk'
        ? this.#runBatch(arrival, fault)
        : this.#runSingle(arrival, fault);
    } catch (error) {
      // JSON that is nested so deep can be read, but not always written.
      if (!(error instanceof RangeError && /call stack/.test(error.message))) throw error;
      const tooDeep = errorOutput('bad_request', 'It is nested too deep');
      return { response: jsonResponse(400, tooDeep), ran: 0 };
    }
  }

  /**
   * Runs the items in order up to the first error. Those after it have no output. The status is 200 also when an item
   * failed (docs/internals/api.md, "Processing" and "Outputs").
   */
  #runBatch({ parsed: { items }, record }: ArrivedRequest, fault: Fault | undefined): Work {
    const { store, faults } = this.#parts;
    const omit = fault?.kind === 'omit' ? fault : undefined;
    const omitted = omit && items.find((item) => matches(omit.item, item));
    const done: ItemOutput[] = [];
    let ran = 0;
    for (const item of items) {
      if (item === omitted && omit?.runs === false) continue;
      const output = runItem(store, faults, item, record);
      ran += 1;
      if (item !== omitted) done.push({ item, output });
      if (output.status === 'error') {
        record.skipped = items.length - items.indexOf(item) - 1;
        break;
      }
    }
    misname(fault, done, this.#newId);
    const outputs: [key: string | null, ActionOutput][] = done.map(({ item, output }) => [
      item.key,
      output,
    ]);
    if (fault?.kind === 'extra') {
      const details = { type: 'agent_span', id: this.#newId(), status: 'complete' };
      outputs.push([fault.key ?? 'key-of-nobody', { status: 'success', details }]);
    }
    // Written by hand, since a key such as __proto__ would get lost in an object.
    const entries = outputs.map((entry) => entry.map((part) => JSON.stringify(part)).join(':'));
    const body = `{"status":"success","outputs":{${entries.join(',')}}}`;
    return { response: textResponse(200, body), ran };
  }

  #runSingle({ route, parsed: { items }, record }: ArrivedRequest, fault: Fault | undefined): Work {
    const [item] = items;
    // The body of a ping is **unknown**; its status is all that counts (docs/internals/api.md, "Connection").
    if (item === undefined || route.kind === 'ping') {
      return { response: jsonResponse(200, { status: 'success' }), ran: 0 };
    }
    const { store, faults } = this.#parts;
    const done = { item, output: runItem(store, faults, item, record) };
    misname(fault, [done], this.#newId);
    const { output } = done;
    const status = output.status === 'success' ? 200 : statusOfCode(output.code);
    return { response: jsonResponse(status, output), ran: 1 };
  }

  /** The limits of the options, checked on arrival, as by a gateway. */
  #limit(record: RequestRecord): FullResponse | undefined {
    const { clock, recorder, store } = this.#parts;
    const { maxInFlight, maxPerSecond } = store.options;
    if (recorder.inFlight > maxInFlight) {
      record.fault('maxInFlight');
      return jsonResponse(503, errorOutput('temporarily_unavailable', 'Try again later'));
    }
    const second = Math.floor(clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond <= maxPerSecond) return undefined;
    record.fault('maxPerSecond');
    const slowDown = errorOutput('rate_limited', 'Slow down', { retryAfterMs: 1_000 });
    return jsonResponse(429, slowDown, { 'retry-after': '1' });
  }

  async #noRoute(
    request: EmulatedRequest,
    { label, allow }: NoRoute,
    record: RequestRecord,
  ): Promise<EmulatedResponse> {
    const { clock, store } = this.#parts;
    record.breach(`${label} is not part of the API, or not emulated`);
    await clock.wait(store.options.latencyMs(), request.signal);
    return allow === ''
      ? jsonResponse(404, errorOutput('not_found', 'Not found'))
      : jsonResponse(405, errorOutput('bad_request', `Allowed: ${allow}`), { allow });
  }
}
