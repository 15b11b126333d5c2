/** Makes calls as chance has it, each with something of its own by which it is known again. */
import type { AutobatchClient } from '../../src/index.ts';
import type { Call, CallBook, Kind, Thing } from './calls.ts';
import { Chance } from './chance.ts';
import type { Meddler } from './meddler.ts';
import type { Plan, What } from './plan.ts';
import { PACKED } from './plan.ts';
import type { Seams } from './seams.ts';
import { isFields, own } from './server/items.ts';
import type { Signals } from './signals.ts';
import type { Story } from './story.ts';
import type { Time } from './time.ts';

export interface World {
  readonly plan: Plan;
  readonly client: AutobatchClient;
  readonly time: Time;
  readonly story: Story;
  readonly book: CallBook;
  readonly meddler: Meddler;
  readonly signals: Signals;
  readonly seams: Seams;
}

/** What the methods of the client are given, in the forms that the caller does not check. */
type Params = Record<string, unknown>;
type Method = (target: unknown, params: unknown, options: unknown) => Promise<unknown>;

interface Order {
  readonly kind: Kind;
  readonly marker: string;
  readonly makes?: Thing;
  readonly changes?: Thing;
  readonly uses?: readonly Thing[];
  readonly ownKey?: string | undefined;
  readonly isInvalid?: boolean;
  readonly keys?: readonly string[];
  /** The same as an action, where it can be written before the client does. */
  readonly wire?: Params | undefined;
  readonly invoke: (options: { readonly signal?: AbortSignal }) => Promise<unknown>;
  readonly complain: (value: unknown) => string | undefined;
}

export class Caller {
  readonly things: Thing[] = [];
  /** What resolves when it pleases: flush, ready and close. */
  readonly waiting = new Map<Promise<unknown>, string>();
  /** Its place in the order of all. */
  closedAt = Number.POSITIVE_INFINITY;
  /** `close` is running. */
  isInClose = false;
  readonly #world: World;
  /** Calls that are being made at this moment, each within the one before. */
  readonly #making: Call[] = [];
  readonly #repeatable: Order[] = [];
  #names = 0;
  readonly #ways: Readonly<Record<What, (chance: Chance, name: string) => void>> = {
    register: (chance, name) => this.#register(chance, name),
    start: (chance, name) => this.#onRun('start', chance, name),
    finishRun: (chance, name) => this.#onRun('finishRun', chance, name),
    quality: (chance, name) => this.#onRun('quality', chance, name),
    create: (chance, name) => this.#create(chance, name, this.#pick(chance, 'run')),
    tree: (chance, name) => this.#tree(chance, name),
    finishSpan: (chance, name) => this.#finishSpan(chance, name, this.#pick(chance, 'span')),
    submit: (chance, name) => this.#submit(chance, name),
    bulk: (chance, name) => this.#bulk(chance, name),
    repeat: (chance, name) => this.#repeat(chance, name),
    twin: (chance, name) => this.#twin(chance, name),
    foreign: (chance, name) => this.#foreign(chance, name),
    invalid: (chance, name) => this.#invalid(chance, name),
    flush: (chance) => this.flush(chance),
    ready: () => this.#wait('ready', this.#world.client.ready()),
    close: (chance) => this.close(chance.pick([0, 5, 500, 10_000])),
    abort: (chance) => this.#world.signals.abortOne(chance),
    listen: (chance) => this.#world.meddler.listen(chance),
    stop: (chance) => this.#world.time.stop(chance.pick([500, 3_000, 40_000, 400_000])),
  };

  constructor(world: World) {
    this.#world = world;
  }

  /** The call that is being made, for the user code that it runs. */
  get making(): Call | undefined {
    return this.#making.at(-1);
  }

  /** User code of a call has run: what it called comes before it. */
  passed(): void {
    const { making } = this;
    if (making !== undefined) making.begin = this.#world.story.next();
  }

  do(what: What, name: string): void {
    this.#ways[what](new Chance(this.#world.plan.seed, `do ${name}`), name);
  }

  /** Something that is at the server, or nowhere, and that this client has not made. */
  addForeign(kind: Thing['kind'], id: string): void {
    this.things.push({
      name: `foreign ${id.slice(-6)}`,
      kind,
      id,
      run: undefined,
      makers: [],
      promise: undefined,
      result: undefined,
      ended: Number.POSITIVE_INFINITY,
    });
  }

  flush(chance: Chance): void {
    const { story, book, client } = this.#world;
    const timeoutMs = chance.pick([undefined, undefined, 0, 100]);
    const before = book.all.filter(({ outcome, kind }) => outcome === undefined && kind !== 'bulk');
    const due = before.filter(({ end }) => end < Number.POSITIVE_INFINITY);
    const flushed = client.flush(timeoutMs === undefined ? undefined : { timeoutMs });
    this.#wait('flush', flushed);
    if (timeoutMs !== undefined) return;
    const look = (): void => {
      const left = due.find(({ outcome }) => outcome === undefined);
      if (left !== undefined) story.fail('settles', `flush has resolved before ${left.marker}`);
    };
    flushed.then(look, () => undefined);
  }

  close(timeoutMs: number): void {
    const { story, client } = this.#world;
    story.tell(() => `close within ${timeoutMs} ms`);
    this.closedAt = Math.min(this.closedAt, story.next());
    this.isInClose = true;
    const first = client.close({ timeoutMs });
    this.isInClose = false;
    this.#wait('close', first);
    if (client.close() !== first) story.fail('settles', 'a second close has a promise of its own');
  }

  #wait(name: string, promise: Promise<unknown>): void {
    const { story, time } = this.#world;
    this.waiting.set(promise, name);
    const over = (): void => {
      time.stir();
      this.waiting.delete(promise);
    };
    promise.then(over, () => {
      over();
      if (name !== 'ready') story.fail('settles', `${name} has rejected`);
      else if (this.closedAt === Number.POSITIVE_INFINITY)
        story.fail('settles', 'ready has rejected, and nobody closed');
    });
  }

  #register(chance: Chance, name: string): Thing {
    const id = chance.is(0.3) ? idFrom(`run ${name}`) : undefined;
    const thing = this.#thing(name, 'run', undefined);
    const params: Params = {
      id,
      agentVersion: { externalIdentifier: name, name: 'Agent' },
      purpose: 'live',
    };
    const keyed = this.#keyed(chance, name, params);
    this.#call(chance, {
      kind: 'register',
      marker: name,
      makes: thing,
      ...keyed,
      wire: {
        _type: 'agent_instances/register',
        idempotency_key: keyed.ownKey,
        agent_version: { external_identifier: name, name: 'Agent' },
        id,
        purpose: 'live',
      },
      invoke: (options) => this.#method('agentInstances', 'register')(params, options, undefined),
      complain: (value) =>
        own(value, 'agentVersionId') === `version-${name}` ? undefined : 'is the run of another',
    });
    return thing;
  }

  #onRun(kind: 'start' | 'finishRun' | 'quality', chance: Chance, name: string): void {
    const run = this.#pick(chance, 'run');
    if (run === undefined) return;
    const timestamp = timeFrom(name);
    const marker = kind === 'quality' ? name : timestamp;
    const params: Params =
      kind === 'quality'
        ? { name: `q-${name}`, payload: this.#payload(chance, name) }
        : { timestamp };
    const method = { start: 'start', finishRun: 'finish', quality: 'recordQuality' }[kind];
    const ref = this.#ref(run, chance);
    const keyed = this.#keyed(chance, name, params);
    this.#call(chance, {
      kind,
      marker,
      changes: run,
      ...keyed,
      wire:
        run.id === undefined || kind === 'quality'
          ? undefined
          : {
              _type: `agent_instances/${kind === 'start' ? 'start' : 'finish'}`,
              idempotency_key: keyed.ownKey,
              agent_instance_id: run.id,
              timestamp,
            },
      invoke: (options) => this.#method('agentInstances', method)(ref, params, options),
      complain: (value) => {
        const told =
          kind === 'quality'
            ? own(own(own(value, 'qualityPayloads'), `q-${name}`), 'marker')
            : own(value, kind === 'start' ? 'startedAt' : 'finishedAt');
        return told === marker ? undefined : `tells of ${told}`;
      },
    });
  }

  #create(
    chance: Chance,
    name: string,
    run: Thing | undefined,
    parent?: Thing,
    twinOf?: Thing,
  ): Thing | undefined {
    if (run === undefined || !isNamed(run)) return undefined;
    const thing = twinOf ?? this.#thing(name, 'span', run);
    const status = chance.pick(['active', 'active', 'complete', 'failed']);
    const spans = this.things.filter((other) => other.run === run && isNamed(other));
    const above = parent ?? (chance.is(0.4) && spans.length > 0 ? chance.pick(spans) : undefined);
    const params: Params = {
      agentInstanceId: this.#ref(run, chance),
      schemaName: 'agent:tool',
      status,
      payload: this.#payload(chance, name),
      parentSpanId: above === undefined ? chance.pick([null, undefined]) : this.#ref(above, chance),
      resultPayload: status === 'complete' ? { done: true } : undefined,
      id: twinOf?.id ?? (chance.is(0.1) ? idFrom(`span ${name}`) : undefined),
    };
    this.#call(chance, {
      kind: 'create',
      marker: name,
      makes: thing,
      uses: above === undefined ? [run] : [run, above],
      ...this.#keyed(chance, name, params),
      invoke: (options) => this.#method('agentSpans', 'create')(params, options, undefined),
      complain: (value) => {
        const told = own(own(value, 'payload'), 'marker');
        return told === name ? undefined : `is the span of ${told}`;
      },
    });
    if (status !== 'active') thing.ended = Math.min(thing.ended, this.#world.story.next());
    return thing;
  }

  #tree(chance: Chance, name: string): void {
    const run = chance.is(0.4) ? this.#register(chance, `${name}r`) : this.#pick(chance, 'run');
    const spans: Thing[] = [];
    const count = chance.from(2, 7);
    for (let number = 0; number < count; number++) {
      const parent = spans.length > 0 && chance.is(0.8) ? chance.pick(spans) : undefined;
      const span = this.#create(chance, `${name}c${number}`, run, parent);
      if (span !== undefined) spans.push(span);
    }
    spans.forEach((span, number) => {
      if (chance.is(0.6)) this.#finishSpan(chance, `${name}f${number}`, span);
    });
  }

  #finishSpan(chance: Chance, name: string, span: Thing | undefined): void {
    if (span === undefined || !isNamed(span)) return;
    const params: Params = { status: 'complete', resultPayload: this.#payload(chance, name) };
    const ref = this.#ref(span, chance);
    this.#call(chance, {
      kind: 'finishSpan',
      marker: name,
      changes: span,
      ...this.#keyed(chance, name, params),
      invoke: (options) => this.#method('agentSpans', 'finish')(ref, params, options),
      complain: (value) => {
        const told = own(own(value, 'resultPayload'), 'marker');
        return told === name ? undefined : `is the span of ${told}`;
      },
    });
    span.ended = Math.min(span.ended, this.#world.story.next());
  }

  #submit(chance: Chance, name: string): void {
    const agent = this.#pick(chance, 'agent');
    const what = agent === undefined ? 'create' : chance.pick(['create', 'update', 'show', 'list']);
    const thing = what === 'create' ? this.#thing(name, 'agent', undefined) : undefined;
    if (thing !== undefined) thing.id = idFrom(`agent ${name}`);
    const fields: Params = {
      create: { details: { id: thing?.id, name, marker: name } },
      update: { agent_id: agent?.id, details: { marker: name } },
      show: { agent_id: agent?.id, marker: name },
      list: { marker: name },
    }[what] as Params;
    const relations = {
      create: { makes: thing?.id },
      update: { changes: agent?.id },
      show: { uses: [agent?.id] },
      list: {},
    }[what];
    const params: Params = { _type: `agents/${what}`, ...fields };
    this.#call(chance, {
      kind: 'submit',
      marker: name,
      ...(thing !== undefined && { makes: thing }),
      ...(what === 'update' && agent !== undefined && { changes: agent }),
      ...(what === 'show' && agent !== undefined && { uses: [agent] }),
      ...this.#keyed(chance, name, params, 'idempotency_key'),
      invoke: (options) =>
        this.#method('', 'submit')(params, { ...relations, ...options }, undefined),
      complain: (value) => complainOfOutput(value, name),
    });
  }

  #bulk(chance: Chance, name: string): void {
    const count = chance.from(1, 4);
    const run = this.#pick(chance, 'run');
    const items: Params[] = [];
    for (let number = 0; number < count; number++) {
      const marker = `${name}b${number}`;
      const key = `${PACKED}${marker}`;
      items.push(
        run?.id !== undefined && run.result !== undefined && chance.is(0.5)
          ? {
              _type: 'agent_spans/create',
              idempotency_key: key,
              details: {
                agent_instance_id: run.id,
                schema_name: 'x',
                status: 'active',
                payload: { marker },
              },
            }
          : { _type: 'agents/list', idempotency_key: key, marker },
      );
    }
    const taken = this.#world.book.all.filter(({ kind, isOwnKey }) => isOwnKey && kind !== 'bulk');
    const rival = chance.is(0.2) && taken.length > 0 ? chance.pick(taken) : undefined;
    if (rival !== undefined) {
      // A key of the queue's: refused while it is pending, and else for its other content.
      items.push({ _type: 'agents/list', idempotency_key: rival.key, marker: `${name}x` });
    }
    const keys = items.map((item) => String(item['idempotency_key']));
    this.#call(chance, {
      kind: 'bulk',
      marker: name,
      keys,
      invoke: (options) => this.#method('bulk', 'execute')({ items }, options, undefined),
      complain: (value) => {
        const outputs = own(value, 'outputs');
        if (!isFields(outputs)) return 'has no outputs';
        for (const item of items) {
          const output = own(outputs, String(item['idempotency_key']));
          const marker = own(item, 'marker') ?? own(own(own(item, 'details'), 'payload'), 'marker');
          // What is no output is handed on as it came.
          const isOutput = ['success', 'error'].includes(String(own(output, 'status')));
          const wrong = isOutput ? complainOfOutput(output, String(marker)) : undefined;
          if (wrong !== undefined) return wrong;
        }
        return undefined;
      },
    });
  }

  #repeat(chance: Chance, name: string): void {
    if (this.#repeatable.length === 0) return;
    const picked = chance.pick(this.#repeatable);
    const order = this.#again(picked);
    if (order === undefined) return;
    const { wire } = order;
    if (wire !== undefined && this.#world.plan.dimensions.has('otherShapes') && chance.is(0.4)) {
      this.#call(chance, {
        ...order,
        invoke: (options) => this.#method('', 'submit')(wire, options, undefined),
        complain: (value) =>
          own(value, 'status') === 'success' ? undefined : 'is not the output as it came',
      });
    } else if (
      order.ownKey !== undefined &&
      this.#world.plan.dimensions.has('otherArguments') &&
      chance.is(0.3)
    ) {
      const other: Params = {
        _type: 'agents/list',
        idempotency_key: order.ownKey,
        marker: `${name}o`,
      };
      this.#call(chance, {
        kind: 'submit',
        marker: `${name}o`,
        ownKey: order.ownKey,
        invoke: (options) => this.#method('', 'submit')(other, options, undefined),
        complain: (value) => complainOfOutput(value, `${name}o`),
      });
    } else {
      this.#call(chance, order);
    }
  }

  /** The same once more; it makes the same thing only where its id was known from the start, and kept. */
  #again(order: Order): Order | undefined {
    const { makes, ...rest } = order;
    if (makes === undefined) return order;
    const isSettled = makes.makers.every(({ outcome }) => outcome !== undefined);
    if (isSettled && !this.#world.plan.dimensions.has('twins')) return undefined;
    const id: unknown = Reflect.get(makes.promise ?? {}, 'id');
    return id !== undefined && id === makes.id ? order : rest;
  }

  /** A second create of something that is there, or on its way. */
  #twin(chance: Chance, name: string): void {
    const known = this.things.filter(
      ({ kind, id, run }) => kind === 'span' && id !== undefined && run?.makers.length !== 0,
    );
    const twin = known.length === 0 ? undefined : chance.pick(known);
    if (twin?.run === undefined) return;
    this.#create(chance, name, twin.run, undefined, twin);
  }

  #foreign(chance: Chance, name: string): void {
    const strangers = this.things.filter(({ makers }) => makers.length === 0);
    const stranger = strangers.length === 0 ? undefined : chance.pick(strangers);
    if (stranger?.kind === 'span') this.#finishSpan(chance, name, stranger);
    else if (stranger !== undefined) this.#create(chance, name, stranger);
  }

  #invalid(chance: Chance, name: string): void {
    const cycle: Params = { marker: name };
    cycle['self'] = cycle;
    const thing = this.#thing(name, 'span', undefined);
    const params: Params = {
      agentInstanceId: 'somewhere',
      schemaName: 'x',
      status: 'active',
      payload: { marker: name },
      ...chance.pick<Params>([
        { payload: cycle },
        { payload: { big: 1n } },
        { status: 7 },
        { idempotencyKey: 'short' },
        { agentInstanceId: Promise.resolve('x') },
        { nonsense: true },
      ]),
    };
    this.#call(chance, {
      kind: 'create',
      marker: name,
      makes: thing,
      isInvalid: true,
      invoke: (options) => this.#method('agentSpans', 'create')(params, options, undefined),
      complain: () => 'was invalid',
    });
  }

  #call(chance: Chance, order: Order): void {
    const { plan, story, time, book, signals, meddler, seams } = this.#world;
    const signal = signals.pick(chance);
    if (order.ownKey !== undefined && order.kind !== 'bulk') this.#repeatable.push(order);
    const call: Call = {
      marker: order.marker,
      kind: order.kind,
      at: time.now(),
      begin: story.next(),
      end: Number.POSITIVE_INFINITY,
      key: order.ownKey ?? '',
      isOwnKey: order.ownKey !== undefined,
      makes: order.makes,
      changes: order.changes,
      uses: order.uses ?? [],
      signal,
      wasAborted: false,
      wasClosed: 'no',
      isFromFailure: meddler.isInFailure ? 'yes' : meddler.isLogging ? 'perhaps' : 'no',
      isLeftOut: false,
      isInvalid: order.isInvalid ?? false,
      keys: order.keys ?? (order.ownKey === undefined ? [] : [order.ownKey]),
      outcome: undefined,
      settledAt: Number.NaN,
      settled: Number.POSITIVE_INFINITY,
      complaint: undefined,
    };
    book.add(call);
    order.makes?.makers.push(call);
    story.tell(
      () =>
        `call ${call.kind} ${call.marker}${signal === undefined ? '' : ' (signal)'}${order.ownKey ? ` (key ${order.ownKey})` : ''}: ${[...call.uses.map((thing) => `uses ${thing.name}`), ...(call.changes ? [`changes ${call.changes.name}`] : [])].join(', ')}`,
    );
    this.#making.push(call);
    let promise: Promise<unknown>;
    try {
      promise = order.invoke(signal === undefined ? {} : { signal });
    } catch (error) {
      story.fail('stray', `a call threw ${String(error)}`);
      promise = Promise.reject(error);
    }
    this.#making.pop();
    call.end = story.next();
    call.wasClosed =
      this.closedAt > call.end ? 'no' : this.closedAt < call.begin ? 'before' : 'perhaps';
    call.wasAborted = signal?.aborted ?? false;
    if (call.kind !== 'bulk') {
      const key: unknown = Reflect.get(promise, 'idempotencyKey');
      if (typeof key === 'string') {
        call.key = key;
        call.keys = [key];
      }
    }
    book.enter(call);
    if (order.makes !== undefined) {
      const id: unknown = Reflect.get(promise, 'id');
      order.makes.promise ??= promise;
      if (typeof id === 'string') order.makes.id ??= id;
    }
    const settle = (outcome: NonNullable<Call['outcome']>): void => {
      time.stir();
      call.outcome = seams.outcome(call, outcome);
      if (call.outcome === undefined) return;
      if (outcome.kind === 'resolved') {
        call.complaint = call.isLeftOut ? undefined : order.complain(outcome.value);
        if (plan.dimensions.has('otherShapes')) spoil(outcome.value);
      }
      call.settledAt = time.now();
      call.settled = story.next();
      story.tell(() => `${call.kind} ${call.marker} ${told(outcome)}`);
      if (outcome.kind === 'resolved' && order.makes !== undefined) {
        const id = own(outcome.value, 'id');
        // Of an action its caller gets the output as it came, which is nothing to refer to.
        if (typeof id === 'string') {
          order.makes.result = outcome.value;
          order.makes.id = id;
        }
      }
    };
    promise.then(
      (value) => settle({ kind: 'resolved', value }),
      (error: unknown) => settle({ kind: 'rejected', error }),
    );
  }

  /** Now and then a key of the caller's own; such calls are repeated later. */
  #keyed(
    chance: Chance,
    name: string,
    params: Params,
    field = 'idempotencyKey',
  ): { readonly ownKey?: string } {
    if (!this.#world.plan.dimensions.has('ownKeys') || !chance.is(0.25)) return {};
    const key = `own-key-${name}`;
    params[field] = key;
    return { ownKey: key };
  }

  #payload(chance: Chance, marker: string): Params {
    const filler = 'é'.repeat(chance.pick([0, 0, 10, 100, 700]));
    const payload: Params = { marker, filler };
    if (this.#world.plan.dimensions.has('toJSON') && chance.is(0.15)) {
      payload['live'] = { toJSON: () => this.#world.meddler.within('toJSON') ?? 'text' };
    }
    return payload;
  }

  /** One of the forms in which a thing can be named. */
  #ref(thing: Thing, chance: Chance): unknown {
    const forms = [
      ...(thing.promise === undefined ? [] : [thing.promise]),
      ...(thing.id === undefined ? [] : [thing.id]),
      ...(thing.result === undefined ? [] : [thing.result]),
    ];
    return chance.pick(forms);
  }

  #pick(chance: Chance, kind: Thing['kind']): Thing | undefined {
    const known = this.things.filter(
      (thing) =>
        thing.kind === kind && isNamed(thing) && (thing.makers.length > 0 || chance.is(0.1)),
    );
    // Mostly what is new: so that much depends on each other.
    return known.length === 0 ? undefined : chance.pick(chance.is(0.7) ? known.slice(-3) : known);
  }

  #thing(name: string, kind: Thing['kind'], run: Thing | undefined): Thing {
    const thing: Thing = {
      name: `${kind} ${name}.${++this.#names}`,
      kind,
      id: undefined,
      run,
      makers: [],
      promise: undefined,
      result: undefined,
      ended: Number.POSITIVE_INFINITY,
    };
    this.things.push(thing);
    return thing;
  }

  #method(resource: '' | 'agentInstances' | 'agentSpans' | 'bulk', name: string): Method {
    const { client } = this.#world;
    const owner: object = resource === '' ? client : client[resource];
    const method: unknown = Reflect.get(owner, name);
    return (...args) => (method as Method).apply(owner, args);
  }
}

/** Whether anybody can speak of it yet. */
function isNamed({ promise, id }: Thing): boolean {
  return (promise ?? id) !== undefined;
}

/** A result is its caller's own, to do with as it likes. */
function spoil(value: unknown): void {
  if (!isFields(value) || Object.isFrozen(value)) return;
  for (const part of [value, value['details'], value['payload'], value['resultPayload']]) {
    if (isFields(part)) Object.assign(part, { marker: 'spoiled', spoiled: true });
  }
}

function complainOfOutput(output: unknown, marker: string): string | undefined {
  const text = JSON.stringify(output) ?? '';
  return text.includes(`"${marker}"`) || text.includes(`item ${marker}:`)
    ? undefined
    : `has nothing of ${marker}: ${text.slice(0, 100)}`;
}

function told(outcome: NonNullable<Call['outcome']>): string {
  if (outcome.kind === 'resolved') return 'resolves';
  const { error } = outcome;
  const done = Reflect.get(Object(error), 'maybeApplied') === true ? ', maybe done' : '';
  return `rejects: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}${done}`;
}

/** A PFID that hangs on a name only. */
function idFrom(name: string): string {
  const chance = new Chance(1, name);
  const letters = '0123456789abcdefghjkmnpqrstvwxyz';
  const random = Array.from({ length: 16 }, () => chance.pick([...letters])).join('');
  return `01k4ca11er00part${random}`;
}

/** A time that hangs on a name only. */
function timeFrom(name: string): string {
  return new Date(
    1_767_225_600_000 + Math.floor(new Chance(2, name).next() * 2 ** 32),
  ).toISOString();
}
