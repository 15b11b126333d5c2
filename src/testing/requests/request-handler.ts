// The server: from a request to its response. Its arrival, the latency, the work on its items, the latency.

import { findAction } from '../actions/action-table.ts';
import { EmulatedAction } from '../actions/emulated-action.ts';
import { FaultInjector, matches } from '../faults/fault-injector.ts';
import { damage, misname, responseInstead } from '../faults/fault-responses.ts';
import type { Fault } from '../faults/fault-types.ts';
import { isAfterWork } from '../faults/fault-types.ts';
import { corsHeaders, preflightResponse } from '../http/cors.ts';
import type { EmulatedRequest, EmulatedResponse, FullResponse } from '../http/request-response.ts';
import { jsonResponse, textResponse } from '../http/request-response.ts';
import { EmulatorClock } from '../lib/emulator-clock.ts';
import type { EmulatorOptions } from '../options/emulator-options.ts';
import { resolveOptions } from '../options/emulator-options.ts';
import type { AnsweredRequest, RequestNotes } from '../report/report.ts';
import { Reporter } from '../report/report.ts';
import type { StoredKey } from '../state/store.ts';
import { Store } from '../state/store.ts';
import type { ActionOutput, ActionResult, ItemOutput } from '../wire/action-results.ts';
import { failure } from '../wire/action-results.ts';
import { errorOutput, statusOfCode } from '../wire/errors.ts';
import type { EmulatedItem } from '../wire/items.ts';
import type { NoRoute, Route } from '../wire/routes.ts';
import { findRoute } from '../wire/routes.ts';
import type { ArrivedRequest } from './request-reader.ts';
import { readRequest } from './request-reader.ts';

export class RequestHandler {
  readonly store: Store;
  readonly reporter: Reporter;
  readonly faults: FaultInjector;
  readonly bodyBound: number;
  readonly #clock: EmulatorClock;
  readonly #onAnswer: EmulatorOptions['onAnswer'];
  readonly #onRequest: EmulatorOptions['onRequest'];
  readonly #newId = (): string => this.store.newId(null);
  #second = 0;
  #inSecond = 0;

  /** @throws {TypeError} that names all that is wrong with the options. */
  constructor(options: EmulatorOptions) {
    const resolved = resolveOptions(options);
    this.#clock = new EmulatorClock(options.now, options.delay);
    this.#onAnswer = options.onAnswer;
    this.#onRequest = options.onRequest;
    this.store = new Store(resolved, this.#clock);
    this.reporter = new Reporter(resolved.record);
    this.faults = new FaultInjector(options.faults, resolved.seed);
    this.bodyBound = resolved.bodyBound;
  }

  /** Rejects with the signal's reason when that aborts. Work that was done by then stays done. */
  async handle(request: EmulatedRequest): Promise<EmulatedResponse> {
    request.signal?.throwIfAborted();
    const preflight = preflightResponse(request);
    if (preflight !== undefined) return preflight;
    const arrivedMs = this.#clock.now();
    const route = findRoute(request.method, request.url.pathname);
    const notes = this.reporter.nextRequest(route.label, request.body.length);
    const arrival = 'allow' in route ? route : this.#arrive(request, route, notes);
    let status: AnsweredRequest['status'] = 'dropped';
    try {
      const response =
        'allow' in arrival
          ? await this.#noRoute(request, arrival, notes)
          : await this.#process(arrival);
      if (response.kind === 'full' || response.kind === 'endless') status = response.status;
      if (response.kind === 'drop') return response;
      const id = `emulator-${notes.request}`;
      const headers = { 'x-request-id': id, ...corsHeaders(request), ...response.headers };
      return { ...response, headers };
    } finally {
      if ('leave' in arrival) arrival.leave(status);
      const onAnswer = this.#onAnswer;
      onAnswer?.({ ...notes, status, ms: this.#clock.now() - arrivedMs });
    }
  }

  #arrive(request: EmulatedRequest, route: Route, notes: RequestNotes) {
    const arrived = readRequest(request, route, notes, this.store.options);
    const { items, keys } = arrived;
    const { keys: known } = this.store;
    for (const item of items) {
      const { key } = item;
      if (key !== null && !known.has(key)) known.set(key, { item, stored: undefined });
    }
    const onRequest = this.#onRequest;
    if (onRequest !== undefined) {
      const { request: number, route: label, bytes } = notes;
      const count = route.kind === 'ping' ? 0 : items.length;
      onRequest({ request: number, route: label, bytes, items: count, keys });
    }
    return { ...arrived, leave: this.reporter.arrive(notes, route.kind, items, keys) };
  }

  /**
   * The first of these decides: a fault, as of a proxy; a request that is not valid; a limit; a poisoned
   * item; the items themselves.
   */
  async #process(arrived: ArrivedRequest): Promise<EmulatedResponse> {
    const { request, route, notes, options } = arrived;
    const clock = this.#clock;
    const onTheWayMs = options.latencyMs() / 2;
    const fault = this.faults.forRequest(route, notes);
    const limit = route.kind === 'bulk' ? this.#limit(notes) : undefined;
    const atOnce = fault !== undefined && isAfterWork(fault) ? undefined : fault;
    let early = responseInstead(atOnce, clock.now()) ?? arrived.refusal ?? limit;
    const poison = early === undefined ? this.faults.poisonAmong(arrived.items, notes) : undefined;
    early ??= responseInstead(poison, clock.now());
    const delayMs = (fault?.delayMs ?? 0) + (poison?.delayMs ?? 0);
    await clock.wait(onTheWayMs + delayMs, request.signal);
    // All the work is done in one step, so the items of two requests never run by turns. On the real server they may
    // (docs/internals/api.md, "Processing": unknown).
    const response = early ?? this.#work(arrived, fault);
    await clock.wait(onTheWayMs + notes.ran.length * options.itemMs, request.signal);
    return responseInstead(fault, clock.now()) ?? damage(fault, response);
  }

  #work(arrived: ArrivedRequest, fault: Fault | undefined): FullResponse {
    try {
      return arrived.route.kind === 'bulk'
        ? this.#runBatch(arrived, fault)
        : this.#runSingle(arrived, fault);
    } catch (error) {
      // JSON that is nested so deep can be read, but not always written.
      if (!(error instanceof RangeError && /call stack/.test(error.message))) throw error;
      return jsonResponse(400, errorOutput('bad_request', 'It is nested too deep'));
    }
  }

  /**
   * Runs the items in order up to the first error. Those after it have no output. The status is 200 also when an item
   * failed (docs/internals/api.md, "Processing" and "Outputs").
   */
  #runBatch({ items, notes }: ArrivedRequest, fault: Fault | undefined): FullResponse {
    const omit = fault?.kind === 'omit' ? fault : undefined;
    const omitted = omit && items.find((item) => matches(omit.item, item));
    const done: ItemOutput[] = [];
    for (const item of items) {
      if (item === omitted && omit?.runs === false) continue;
      const output = this.#runItem(item, notes);
      if (item !== omitted) done.push({ item, output });
      if (output.status === 'error') {
        notes.skipped = items.length - items.indexOf(item) - 1;
        break;
      }
    }
    misname(fault, done, this.#newId);
    // Written by hand, since a key such as __proto__ would get lost in an object.
    const entries = done.map(({ item: { key }, output }) => outputEntry(key, output));
    if (fault?.kind === 'extra') {
      const details = { type: 'agent_span', id: this.#newId(), status: 'complete' };
      entries.push(outputEntry(fault.key ?? 'key-of-nobody', { status: 'success', details }));
    }
    return textResponse(200, `{"status":"success","outputs":{${entries.join(',')}}}`);
  }

  #runSingle({ route, items, notes }: ArrivedRequest, fault: Fault | undefined): FullResponse {
    const [item] = items;
    // The body of a ping is **unknown**; its status is all that counts (docs/internals/api.md, "Connection").
    if (item === undefined || route.kind === 'ping') {
      return jsonResponse(200, { status: 'success' });
    }
    const done = { item, output: this.#runItem(item, notes) };
    misname(fault, [done], this.#newId);
    const { output } = done;
    return jsonResponse(output.status === 'success' ? 200 : statusOfCode(output.code), output);
  }

  /** The stored answer of its key comes first, then an injected refusal, then the action. */
  #runItem(item: EmulatedItem, notes: RequestNotes): ActionOutput {
    const { store, faults } = this;
    const known = item.key === null ? undefined : store.keys.get(item.key);
    const repeated = known && this.#repeat(known, item, notes);
    if (repeated !== undefined) {
      notes.note(item, repeated, repeated === known?.stored);
      return repeated.output;
    }
    const refusal = faults.refusalOf(item, notes);
    const result =
      refusal === undefined
        ? findAction(item.type)(new EmulatedAction(store, item, notes))
        : failure(refusal);
    const isStored = result.output.status === 'success' || store.options.storeErrors;
    if (known !== undefined && isStored) known.stored = result;
    notes.note(item, result, false);
    return result.output;
  }

  /** The answer to an item whose key was used before, unless it has to run again. */
  #repeat(known: StoredKey, item: EmulatedItem, notes: RequestNotes): ActionResult | undefined {
    const { item: first, stored } = known;
    // When the API says that is **unknown** (docs/internals/api.md, "Idempotency keys").
    const code = 'idempotency_key_already_used';
    // What the API does about other content under a known key is **unknown**, too. A client must never do it, so it is
    // refused, whether or not the first one got its answer.
    if (
      item !== first &&
      (item.type !== first.type || !isSameRequestContent(item.fields, first.fields))
    ) {
      notes.breach(`Key "${item.key}" came again with other content`);
      return failure(errorOutput(code, 'The idempotency key was used for other content'));
    }
    if (stored === undefined || this.store.options.repeats === 'replay') return stored;
    return failure(errorOutput(code, 'The idempotency key was used before'), stored.id);
  }

  /** The limits of the options, checked on arrival, as by a gateway. */
  #limit(notes: RequestNotes): FullResponse | undefined {
    const { maxInFlight, maxPerSecond } = this.store.options;
    if (this.reporter.inFlight > maxInFlight) {
      notes.fault('maxInFlight');
      return jsonResponse(503, errorOutput('temporarily_unavailable', 'Try again later'));
    }
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond <= maxPerSecond) return undefined;
    notes.fault('maxPerSecond');
    const slowDown = errorOutput('rate_limited', 'Slow down', { retryAfterMs: 1_000 });
    return jsonResponse(429, slowDown, { 'retry-after': '1' });
  }

  async #noRoute(
    request: EmulatedRequest,
    { label, allow }: NoRoute,
    notes: RequestNotes,
  ): Promise<EmulatedResponse> {
    notes.breach(`${label} is not part of the API, or not emulated`);
    await this.#clock.wait(this.store.options.latencyMs(), request.signal);
    return allow === ''
      ? jsonResponse(404, errorOutput('not_found', 'Not found'))
      : jsonResponse(405, errorOutput('bad_request', `Allowed: ${allow}`), { allow });
  }
}

function outputEntry(key: string | null, output: ActionOutput): string {
  return `${JSON.stringify(key)}:${JSON.stringify(output)}`;
}

/** Compares what JSON.parse made; the order of an object's fields does not count. */
function isSameRequestContent(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return (
    left.length === right.size &&
    left.every(([name, value]) => right.has(name) && isSameRequestContent(value, right.get(name)))
  );
}
