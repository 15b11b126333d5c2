// From a request to its answer: arrival, the way there, the work, the way back.

import type { FaultSource } from '../faults/fault-injector.ts';
import {
  answerInstead,
  damage,
  misnamed,
  misnamedItem,
  omittedItem,
  worksFirst,
} from '../faults/fault-responses.ts';
import type { Fault } from '../faults/fault-types.ts';
import { labelled, preflightAnswer } from '../http/cors.ts';
import type { Pace } from '../lib/clock.ts';
import type { AnsweredRequest } from '../report/answered-request.ts';
import type { Recorder, Trace, Visit } from '../report/recorder.ts';
import type { World } from '../state/store.ts';
import { errorOutput, statusOfCode } from '../wire/error-output.ts';
import type { Answer, EmulatedItem, FullAnswer, Incoming, Output } from '../wire/items.ts';
import { jsonAnswer, textAnswer } from '../wire/items.ts';
import type { NoRoute, Route } from '../wire/routes.ts';
import { findRoute } from '../wire/routes.ts';
import type { ExecutionParts } from './item-runner.ts';
import { Execution } from './item-runner.ts';
import type { Reading } from './request-reader.ts';
import { readRequest } from './request-reader.ts';

interface Work {
  readonly answer: FullAnswer;
  /** How many items ran. */
  readonly ran: number;
}

/** A request of a known route. */
interface Arrival {
  readonly route: Route;
  readonly read: Reading;
  readonly visit: Visit;
}

export interface ServiceParts extends ExecutionParts {
  readonly pace: Pace;
  readonly onAnswer: ((answered: AnsweredRequest) => void) | undefined;
}

export class Service {
  readonly #world: World;
  readonly #faults: FaultSource;
  readonly #recorder: Recorder;
  readonly #pace: Pace;
  readonly #execution: Execution;
  readonly #onAnswer: ((answered: AnsweredRequest) => void) | undefined;
  #second = 0;
  #inSecond = 0;

  constructor(parts: ServiceParts) {
    this.#world = parts.world;
    this.#faults = parts.faults;
    this.#recorder = parts.recorder;
    this.#pace = parts.pace;
    this.#execution = new Execution(parts);
    this.#onAnswer = parts.onAnswer;
  }

  /** Rejects with the signal's reason when that aborts. Work that was done by then stays done. */
  async handle(incoming: Incoming): Promise<Answer> {
    incoming.signal?.throwIfAborted();
    const preflight = preflightAnswer(incoming);
    if (preflight !== undefined) return preflight;
    const arrivedMs = this.#pace.now();
    const route = findRoute(incoming.method, incoming.url.pathname);
    const trace = this.#recorder.nextRequest(route.label, incoming.body.length);
    const arrival = 'allow' in route ? route : this.#arrive(incoming, route, trace);
    let status: AnsweredRequest['status'] = 'dropped';
    try {
      const answer =
        'allow' in arrival
          ? await this.#noRoute(incoming, arrival, trace)
          : await this.#process(incoming, arrival, trace);
      if (answer.kind === 'full' || answer.kind === 'endless') status = answer.status;
      return labelled(answer, trace.request, incoming);
    } finally {
      if ('visit' in arrival) this.#recorder.leave(arrival.visit, status);
      this.#onAnswer?.({ ...trace, status, ms: this.#pace.now() - arrivedMs });
    }
  }

  /** Reads the request and notes that it is there. */
  #arrive(incoming: Incoming, route: Route, trace: Trace): Arrival {
    const read = readRequest(incoming, route, this.#world.rules, {
      breach: (sentence) => this.#recorder.breach(trace, sentence),
      drop: (field) => this.#recorder.drop(trace, field),
    });
    const keys = read.items.flatMap((item) =>
      item.key === null ? [] : [this.#execution.recordOf(item, item.key)],
    );
    if (route.kind === 'bulk') trace.items = read.items.length;
    return { route, read, visit: this.#recorder.arrive(trace, route.kind, keys, read.keys) };
  }

  async #process(incoming: Incoming, { route, read }: Arrival, trace: Trace): Promise<Answer> {
    const { signal } = incoming;
    const onTheWayMs = this.#world.rules.latencyMs() / 2;
    const fault = this.#faults.ofRequest(route, trace);
    const { answer: early, delayMs } = this.#decide(route, read, fault, trace);
    await this.#pace.wait(onTheWayMs + delayMs, signal);
    // All the work is done in one step, at its arrival: so requests never interleave by item. The
    // real server may well do that; no source says (docs/internals/api.md, "Processing").
    const work =
      early === undefined ? this.#work(route, read, fault, trace) : { answer: early, ran: 0 };
    await this.#pace.wait(onTheWayMs + work.ran * this.#world.rules.itemMs, signal);
    const instead = fault === undefined ? undefined : answerInstead(fault, this.#pace.now());
    return instead ?? (work.answer.kind === 'full' ? damage(fault, work.answer) : work.answer);
  }

  /**
   * What the request gets before any work: a fault comes first, as from a proxy, then what is wrong
   * with the request, then a limit, then what its items bring about.
   */
  #decide(
    route: Route,
    read: Reading,
    fault: Fault | undefined,
    trace: Trace,
  ): { readonly answer: Answer | undefined; readonly delayMs: number } {
    const limit = route.kind === 'bulk' ? this.#limit(trace) : undefined;
    const delayMs = fault?.delayMs ?? 0;
    const nowMs = this.#pace.now();
    const instead =
      fault === undefined || worksFirst(fault) ? undefined : answerInstead(fault, nowMs);
    const answer = instead ?? read.refusal ?? limit;
    if (answer !== undefined) return { answer, delayMs };
    const poison = this.#faults.ofItems(read.items, trace);
    return {
      answer: poison === undefined ? undefined : answerInstead(poison, nowMs),
      delayMs: delayMs + (poison?.delayMs ?? 0),
    };
  }

  #work(route: Route, { items }: Reading, fault: Fault | undefined, trace: Trace): Work {
    try {
      return route.kind === 'bulk'
        ? this.#runBatch(items, fault, trace)
        : this.#runSingle(route, items, fault, trace);
    } catch (error) {
      // What JSON can be read so deep cannot always be written again.
      if (!(error instanceof RangeError && /call stack/.test(error.message))) throw error;
      return {
        answer: jsonAnswer(400, errorOutput('bad_request', 'It is nested too deep')),
        ran: 0,
      };
    }
  }

  /**
   * In their order, each a transaction of its own, up to the first error; what comes after it has no
   * output. The status is 200 also when an item failed (docs/internals/api.md, "Processing" and "Outputs").
   */
  #runBatch(items: readonly EmulatedItem[], fault: Fault | undefined, trace: Trace): Work {
    const omitted = omittedItem(fault, items);
    const outputs: (Output | undefined)[] = [];
    let ran = 0;
    for (const [i, item] of items.entries()) {
      if (i === omitted && fault?.kind === 'omit' && fault.runs === false) {
        outputs.push(undefined);
        continue;
      }
      const output = this.#execution.run(item, trace);
      ran += 1;
      outputs.push(i === omitted ? undefined : output);
      if (output.status === 'error') {
        trace.skipped = items.length - i - 1;
        break;
      }
    }
    this.#misname(fault, items, outputs);

    // The map is written by hand: a key such as __proto__ would not survive as an object's field.
    const parts: string[] = [];
    for (const [i, output] of outputs.entries()) {
      if (output === undefined) continue;
      parts.push(`${JSON.stringify(items[i]?.key)}:${JSON.stringify(output)}`);
    }
    if (fault?.kind === 'extra') {
      const details = { type: 'agent_span', id: this.#world.newId(null), status: 'complete' };
      const key = JSON.stringify(fault.key ?? 'key-of-nobody');
      parts.push(`${key}:${JSON.stringify({ status: 'success', details })}`);
    }
    return { answer: textAnswer(200, `{"status":"success","outputs":{${parts.join(',')}}}`), ran };
  }

  #runSingle(
    route: Route,
    items: readonly EmulatedItem[],
    fault: Fault | undefined,
    trace: Trace,
  ): Work {
    const [item] = items;
    // What a ping answers with is **unknown**; its status is all that counts (docs/internals/api.md, "Connection").
    if (item === undefined || route.kind === 'ping') {
      return { answer: jsonAnswer(200, { status: 'success' }), ran: 0 };
    }
    const outputs: (Output | undefined)[] = [this.#execution.run(item, trace)];
    this.#misname(fault, items, outputs);
    const [output = errorOutput('unexpected', 'No output')] = outputs;
    const status = output.status === 'success' ? 200 : statusOfCode(output.code);
    return { answer: jsonAnswer(status, output), ran: 1 };
  }

  #misname(
    fault: Fault | undefined,
    items: readonly EmulatedItem[],
    outputs: (Output | undefined)[],
  ): void {
    const index = misnamedItem(fault, items, outputs);
    const output = outputs[index];
    if (output !== undefined) outputs[index] = misnamed(output, this.#world.newId(null));
  }

  /** Limits that the options set. Decided on arrival, as a gateway would. */
  #limit(trace: Trace): FullAnswer | undefined {
    const { maxInFlight, maxPerSecond } = this.#world.rules;
    if (this.#recorder.inFlight > maxInFlight) {
      this.#recorder.fault('maxInFlight', trace);
      return jsonAnswer(503, errorOutput('temporarily_unavailable', 'Try again later'));
    }
    const second = Math.floor(this.#pace.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond <= maxPerSecond) return undefined;
    this.#recorder.fault('maxPerSecond', trace);
    const slowDown = errorOutput('rate_limited', 'Slow down', { retryAfterMs: 1_000 });
    return jsonAnswer(429, slowDown, { 'retry-after': '1' });
  }

  async #noRoute(incoming: Incoming, { label, allow }: NoRoute, trace: Trace): Promise<Answer> {
    this.#recorder.breach(trace, `${label} is not part of the API, or not emulated`);
    await this.#pace.wait(this.#world.rules.latencyMs(), incoming.signal);
    return allow === ''
      ? jsonAnswer(404, errorOutput('not_found', 'Not found'))
      : jsonAnswer(405, errorOutput('bad_request', `Allowed: ${allow}`), { allow });
  }
}
