// From a request to its answer: arrival, the way there, the work, the way back.

import { Execution } from './execution.ts';
import {
  answerInstead,
  damage,
  misnamed,
  misnamedItem,
  omittedItem,
  worksFirst,
} from './fault-answers.ts';
import type { Fault } from './fault-types.ts';
import type { FaultSource } from './faults.ts';
import type { Pace } from './pace.ts';
import type { Recorder, Visit } from './recorder.ts';
import type { Reading } from './requests.ts';
import { readRequest } from './requests.ts';
import type { Route } from './routes.ts';
import { findRoute } from './routes.ts';
import type { World } from './state.ts';
import type { Answer, EmulatedItem, FullAnswer, Incoming, Output } from './wire.ts';
import { errorOutput, jsonAnswer, requestNotValid, statusOfCode, textAnswer } from './wire.ts';

interface Work {
  readonly answer: FullAnswer;
  /** How many items ran. */
  readonly ran: number;
}

// Most ids that one call may ask for; the API's own limit is **unknown** (wire.md 8).
const MAX_PFIDS = 1_000;

export class Service {
  readonly #world: World;
  readonly #faults: FaultSource;
  readonly #recorder: Recorder;
  readonly #pace: Pace;
  readonly #execution: Execution;
  #second = 0;
  #inSecond = 0;

  constructor(world: World, faults: FaultSource, recorder: Recorder, pace: Pace) {
    this.#world = world;
    this.#faults = faults;
    this.#recorder = recorder;
    this.#pace = pace;
    this.#execution = new Execution(world, faults, recorder);
  }

  /** Rejects with the signal's reason when that aborts. Work that was done by then stays done. */
  async handle(incoming: Incoming): Promise<Answer> {
    incoming.signal?.throwIfAborted();
    const request = this.#recorder.nextRequest();
    const route = findRoute(incoming.method, incoming.url.pathname);
    if ('allow' in route) return this.#noRoute(incoming, request, route.allow);

    const breach = (sentence: string): void => this.#recorder.breach(request, sentence);
    const read = readRequest(incoming, route, this.#world.rules, breach);
    const records = read.items.flatMap((item) =>
      item.key === null ? [] : [this.#execution.recordOf(item, item.key)],
    );
    const visit: Visit = { request, kind: route.kind, keys: records, status: 'in flight' };
    const { length } = incoming.body;
    this.#recorder.arrive(visit, route.label, length, read.items.length, read.keys);
    try {
      const answer = await this.#process(incoming, route, read, request);
      visit.status =
        answer.kind === 'full' || answer.kind === 'endless' ? answer.status : 'dropped';
      return answer;
    } catch (reason) {
      visit.status = 'dropped';
      throw reason;
    } finally {
      this.#recorder.leave(visit);
    }
  }

  async #process(
    incoming: Incoming,
    route: Route,
    read: Reading,
    request: number,
  ): Promise<Answer> {
    const { signal } = incoming;
    const onTheWayMs = this.#world.rules.latencyMs() / 2;
    const fault = this.#faults.ofRequest(route.kind);
    const { answer: early, delayMs } = this.#decide(route, read, fault);
    await this.#pace.wait(onTheWayMs + delayMs, signal);
    // All the work is done in one step, at its arrival: so requests never interleave by item. The
    // real server may well do that; no source says (wire.md 2.3).
    const work =
      early !== undefined
        ? { answer: early, ran: 0 }
        : route.kind === 'bulk'
          ? this.#runBatch(read.items, fault, request)
          : this.#runSingle(route, read.items, fault, request);
    await this.#pace.wait(onTheWayMs + work.ran * this.#world.rules.itemMs, signal);
    const instead = fault === undefined ? undefined : answerInstead(fault);
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
  ): { readonly answer: Answer | undefined; readonly delayMs: number } {
    const limit = route.kind === 'bulk' ? this.#limit() : undefined;
    const delayMs = fault?.delayMs ?? 0;
    const instead = fault === undefined || worksFirst(fault) ? undefined : answerInstead(fault);
    const answer = instead ?? read.refusal ?? limit;
    if (answer !== undefined) return { answer, delayMs };
    const poison = this.#faults.ofItems(read.items);
    return {
      answer: poison === undefined ? undefined : answerInstead(poison),
      delayMs: delayMs + (poison?.delayMs ?? 0),
    };
  }

  /**
   * In their order, each a transaction of its own, up to the first error; what comes after it has no
   * output (wire.md 2.3). The status is 200 also when an item failed (2.4).
   */
  #runBatch(items: readonly EmulatedItem[], fault: Fault | undefined, request: number): Work {
    const omitted = omittedItem(fault, items);
    const outputs: (Output | undefined)[] = [];
    let ran = 0;
    for (const [i, item] of items.entries()) {
      if (i === omitted && fault?.kind === 'omit' && fault.runs === false) {
        outputs.push(undefined);
        continue;
      }
      const output = this.#execution.run(item, request);
      ran += 1;
      outputs.push(i === omitted ? undefined : output);
      if (output.status === 'error') break;
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
    request: number,
  ): Work {
    const [item] = items;
    // What a ping answers with is **unknown**; its status is all that counts (wire.md 1).
    if (item === undefined || route.kind === 'ping') {
      return { answer: jsonAnswer(200, { status: 'success' }), ran: 0 };
    }
    if (route.type === 'pfid/generate') return { answer: this.#generate(item), ran: 0 };
    const outputs: (Output | undefined)[] = [this.#execution.run(item, request)];
    this.#misname(fault, items, outputs);
    const [output = errorOutput('internal_error', 'No output')] = outputs;
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

  /** The newer of the two shapes on record (wire.md 8, *conflict*): ids beside `status`. */
  #generate({ fields }: EmulatedItem): FullAnswer {
    const { count, account_id: accountId, ...others } = fields;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) {
      return jsonAnswer(422, requestNotValid(unknown, 'unknown', 'is not a known field'));
    }
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MAX_PFIDS) {
      return jsonAnswer(422, requestNotValid('count', 'inclusion', `is from 1 to ${MAX_PFIDS}`));
    }
    if (accountId !== undefined && accountId !== this.#world.accountId) {
      return jsonAnswer(404, errorOutput('not_found', 'Account not found'));
    }
    const pfids = Array.from({ length: count }, () => this.#world.newId(null));
    return jsonAnswer(200, { status: 'success', pfids, account_id: this.#world.accountId });
  }

  /** Limits that the options set. Decided on arrival, as a gateway would. */
  #limit(): FullAnswer | undefined {
    const { maxInFlight, maxPerSecond } = this.#world.rules;
    if (this.#recorder.inFlight > maxInFlight) {
      this.#recorder.fault('maxInFlight');
      return jsonAnswer(503, errorOutput('unavailable', 'Try again later'));
    }
    const second = Math.floor(this.#pace.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond <= maxPerSecond) return undefined;
    this.#recorder.fault('maxPerSecond');
    const slowDown = errorOutput('rate_limited', 'Slow down');
    return jsonAnswer(429, slowDown, { 'retry-after': '1' });
  }

  async #noRoute(incoming: Incoming, request: number, allow: string): Promise<Answer> {
    const what = `${incoming.method} ${incoming.url.pathname}`;
    this.#recorder.breach(request, `${what} is not part of the API, or not emulated`);
    await this.#pace.wait(this.#world.rules.latencyMs(), incoming.signal);
    return allow === ''
      ? jsonAnswer(404, errorOutput('not_found', 'Not found'))
      : jsonAnswer(405, errorOutput('method_not_allowed', `Allowed: ${allow}`), { allow });
  }
}
