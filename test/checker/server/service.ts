/**
 * The second server: takes a bulk request as docs/internals/api.md, "Bulk request" and "Idempotency keys" say, or
 * breaks down over it as the plan says, and keeps an account of its own of what it did. It knows no network: what
 * carries requests and answers asks it, and runs later what it wants to run later.
 */
import { Chance } from '../chance.ts';
import type { Plan } from '../plan.ts';
import { PACKED } from '../plan.ts';
import type { Fate, Fault, Pause } from './draws.ts';
import { fateOf, faultOf } from './draws.ts';
import type { Fields, Item } from './items.ts';
import { itemsOf, own } from './items.ts';
import type { Output } from './state.ts';
import { problem, State } from './state.ts';

/** Something that was done, once and for good. */
export interface Effect {
  readonly item: Item;
  readonly requestNo: number;
  /** The id of what it made. */
  readonly id: string | undefined;
  readonly isLate: boolean;
  readonly at: number;
}

export type Answer =
  | {
      readonly kind: 'whole' | 'cut';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      /** So often the body is sent, for an answer that nobody can hold. */
      readonly times: number;
    }
  | { readonly kind: 'reset' | 'silence' };

export interface Handling {
  readonly answer: Answer;
  /** What it does when everybody has given up. */
  readonly later: (() => void) | undefined;
}

export interface ServicePorts {
  readonly now: () => number;
  /** Today's date by the server's own clock. */
  readonly wallNow: () => number;
  readonly token: string;
  readonly tell: (line: () => string) => void;
}

/** What is known of a key. */
interface Stored {
  readonly text: string;
  readonly output: Output;
}

export class Service {
  readonly effects: Effect[] = [];
  readonly state: State;
  readonly #plan: Plan;
  readonly #ports: ServicePorts;
  readonly #stored = new Map<string, Stored>();
  /** How often an item with a fate was run. */
  readonly #runs = new Map<string, number>();
  readonly #isStoring: boolean;

  constructor(plan: Plan, ports: ServicePorts) {
    this.#plan = plan;
    this.#ports = ports;
    const { seed, dimensions } = plan;
    this.#isStoring = dimensions.has('storedErrors') && new Chance(seed, 'stores').is(0.4);
    const givesOwnIds = dimensions.has('otherIds');
    this.state = new State({
      givesOwnId: (marker) => givesOwnIds && new Chance(seed, `id ${marker}`).is(0.05),
      isTerminated: (runId) => new Chance(seed, `ended ${runId.slice(-8)}`).is(0.1),
    });
  }

  /** Answers a token that is not ours with a 401, everything else as it comes. */
  handle(requestNo: number, body: string, authorization: string | null): Handling {
    const items = itemsOf(body);
    if (items === undefined) throw new Error(`Request ${requestNo} is no bulk request: ${body}`);
    const refusal = this.#refusal(requestNo, body, items, authorization);
    if (refusal !== undefined) return { answer: refusal, later: undefined };
    if (items.some(({ marker }) => this.fateOf(marker).kind === 'killer')) {
      return { answer: { kind: 'reset' }, later: undefined };
    }
    return this.#withFault(requestNo, items, faultOf(this.#plan, requestNo));
  }

  fateOf(marker: string): Fate {
    return fateOf(this.#plan, marker);
  }

  #refusal(
    requestNo: number,
    body: string,
    items: readonly Item[],
    authorization: string | null,
  ): Answer | undefined {
    const { ways } = this.#plan;
    if (authorization !== `Bearer ${this.#ports.token}`) {
      // It cannot say a token that it was not sent.
      return this.#error(requestNo, 401, { code: 'bad_authtoken' }, undefined, authorization);
    }
    if (Buffer.byteLength(body) > ways.maxBytes) {
      return this.#error(requestNo, 413, { code: 'bad_request' });
    }
    if (items.length > ways.maxItems) {
      const errors = { items: ['are too many'] };
      return this.#error(requestNo, 422, { code: 'validation_errors', errors });
    }
    for (const { marker } of items) {
      const fate = this.fateOf(marker);
      if (fate.kind === 'poison') {
        const errors = {
          items: { status: 'error', code: 'required_value', message: 'incomplete' },
        };
        return this.#error(requestNo, fate.status, { code: 'validation_errors', errors });
      }
    }
    const [first, second] = items;
    const id = own(own(first?.fields, 'details'), 'id') ?? own(first?.fields, 'id');
    const isTaken = typeof id === 'string' && this.state.has(id);
    const isKnown = first !== undefined && this.#stored.has(first.key);
    if (ways.takenId === '409' && second === undefined && isTaken && !isKnown) {
      return this.#error(requestNo, 409, { code: 'invalid_value' });
    }
    return undefined;
  }

  #withFault(requestNo: number, items: readonly Item[], fault: Fault): Handling {
    const work = 'work' in fault ? fault.work : 'now';
    if (fault.kind !== 'none') {
      this.#ports.tell(() => `  request ${requestNo} meets ${JSON.stringify(fault)}`);
    }
    const outputs = work === 'now' ? this.#run(requestNo, items, false) : {};
    return {
      answer: this.#answer(requestNo, fault, outputs),
      later: work === 'late' ? () => void this.#run(requestNo, items, true) : undefined,
    };
  }

  #answer(requestNo: number, fault: Fault, outputs: Fields): Answer {
    const good = JSON.stringify({ status: 'success', outputs });
    switch (fault.kind) {
      case 'none':
        return whole(200, written(requestNo, outputs));
      case 'reset':
      case 'silence':
        return { kind: fault.kind };
      case 'cut':
        return { ...whole(200, good.slice(0, good.length / 2)), kind: 'cut' };
      case 'short':
        return whole(200, good.slice(0, -2));
      case 'no json':
        return whole(200, '<html>Bad gateway</html>');
      case 'no outputs': {
        const forms = ['{}', '[]', 'null', '{"status":"success","outputs":[]}'];
        return whole(200, forms[requestNo % forms.length] ?? '');
      }
      case 'huge':
        return { ...whole(200, ' '.repeat(1 << 20)), times: 34 };
      case 'unasked': {
        const extra = { 'never-asked-for': { status: 'error', code: 'unknown', message: 'x' } };
        return whole(200, JSON.stringify({ outputs: { ...extra, ...outputs }, _: 1 }));
      }
      case 'status':
        return this.#error(requestNo, fault.status, { code: fault.code }, fault.pause);
      default:
        return fault satisfies never;
    }
  }

  /** An error body (docs/internals/api.md, "Error body"); its message says which request it was. */
  #error(
    requestNo: number,
    status: number,
    fields: Fields,
    pause?: Pause,
    said: string | null = this.#ports.token,
  ): Answer {
    const echo = this.#plan.dimensions.has('tokenEcho') ? ` to ${said}` : '';
    const message = `request ${requestNo}: no${echo}`;
    const ms = pause !== undefined && pause.kind === 'body' ? pause.ms : undefined;
    const body = JSON.stringify({ status: 'error', message, ...fields, retry_after_ms: ms });
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (pause?.kind === 'seconds') headers['retry-after'] = String(pause.ms / 1_000);
    if (pause?.kind === 'text') headers['retry-after'] = pause.text;
    if (pause?.kind === 'date') {
      headers['date'] = new Date(this.#ports.wallNow()).toUTCString();
      headers['retry-after'] = new Date(this.#ports.wallNow() + pause.ms).toUTCString();
    }
    if (status === 302) headers['location'] = '/elsewhere';
    return { kind: 'whole', status, headers, body, times: 1 };
  }

  /** In order, each by itself, up to the first error (docs/internals/api.md, "Processing"). */
  #run(requestNo: number, items: readonly Item[], isLate: boolean): Fields {
    const outputs: Record<string, unknown> = {};
    for (const item of items) {
      const output = this.#runItem(requestNo, item, isLate);
      const shown = this.#shown(item, output);
      if (shown !== undefined) outputs[item.key] = shown;
      this.#ports.tell(
        () =>
          `  request ${requestNo} ${isLate ? 'late ' : ''}runs ${item.type} ${item.marker}: ${own(output, 'code') ?? 'done'}`,
      );
      if (output['status'] === 'error') break;
    }
    return outputs;
  }

  #runItem(requestNo: number, item: Item, isLate: boolean): Output {
    const known = this.#stored.get(item.key);
    if (known !== undefined) {
      return known.text === item.text && this.#plan.ways.repeats === 'replay'
        ? known.output
        : problem(item, 'idempotency_key_already_used', 'its key has been used');
    }
    const output = this.#fated(item) ?? this.state.run(item);
    if (output['status'] === 'success') {
      const id = own(own(output, 'details'), 'id');
      this.effects.push({
        item,
        requestNo,
        id: typeof id === 'string' ? id : undefined,
        isLate,
        at: this.#ports.now(),
      });
    }
    if (output['status'] === 'success' || this.#isStoring) {
      this.#stored.set(item.key, { text: item.text, output });
    }
    return output;
  }

  #fated(item: Item): Output | undefined {
    const fate = this.fateOf(item.marker);
    if (fate.kind === 'refused') {
      const output = problem(item, fate.code, 'refused');
      return fate.code === 'validation_errors'
        ? { ...output, errors: { status: ['is not known'] } }
        : output;
    }
    if (fate.kind !== 'passing' || this.#count(item) > fate.times) return undefined;
    const output = problem(item, fate.code, 'not now');
    return fate.afterMs === undefined ? output : { ...output, retry_after_ms: fate.afterMs };
  }

  /** What the answer has for the item; undefined: nothing. */
  #shown(item: Item, output: Output): unknown {
    const fate = this.fateOf(item.marker);
    if (output['status'] === 'error') return output;
    if (fate.kind === 'omitted' && this.#count(item) <= fate.times) return undefined;
    if (fate.kind !== 'malformed') return output;
    // Where an output is handed on as it came, nobody knows what it lacks.
    const isHandedOn = item.type.startsWith('agents/') || item.key.startsWith(PACKED);
    return malformed(output, isHandedOn ? fate.form % UNREADABLE : fate.form);
  }

  #count({ marker }: Item): number {
    const count = (this.#runs.get(marker) ?? 0) + 1;
    this.#runs.set(marker, count);
    return count;
  }
}

function whole(status: number, body: string): Extract<Answer, { body: string }> {
  return { kind: 'whole', status, headers: { 'content-type': 'application/json' }, body, times: 1 };
}

/** In one of the ways to write it: members have no order, outputs neither (docs/internals/api.md, "Outputs"). */
function written(requestNo: number, outputs: Fields): string {
  const status = 'success';
  switch (requestNo % 5) {
    case 0: {
      const turned = Object.fromEntries(Object.entries(outputs).toReversed());
      return JSON.stringify({ status, outputs: turned });
    }
    case 1:
      return JSON.stringify({ outputs, status });
    case 2:
      return JSON.stringify({ status, outputs }, undefined, 1);
    default:
      return JSON.stringify({ status, outputs });
  }
}

/** So many of them cannot be read at all; the rest lack what a call needs. */
const UNREADABLE = 6;

/** Nine ways to be no output. */
function malformed(output: Output, form: number): unknown {
  const { status: _, ...rest } = output;
  switch (form) {
    case 0:
      return null;
    case 1:
      return 'success';
    case 2:
      return [output];
    case 3:
      return { ...rest, status: 'done' };
    case 4:
      return { ...rest, status: 7 };
    case 5:
      return rest;
    case 6:
      return { status: 'success' };
    case 7:
      return { ...output, details: { id: 12 } };
    default:
      return { ...output, details: { ...Object(output['details']), id: 'x'.repeat(201) } };
  }
}
