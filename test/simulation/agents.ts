/** Carries out the steps of agents, through the client and nothing else. */
import type { AutobatchClient } from '../../src/client/client.ts';
import type { AgentInstance, AgentSpan, Ref } from '../../src/index.ts';
import type { CallLog, Made } from './calls.ts';
import type { Call, Relations } from './model.ts';
import { isLeftOut, Thing } from './model.ts';
import type { CallTerms, How, Step } from './plan.ts';

/** What the agents share. */
export interface Stage {
  readonly client: AutobatchClient;
  readonly calls: CallLog;
  /** Spans that another client made, and where they belong. */
  readonly foreign: readonly Thing[];
  /** An id that nothing has yet. */
  newId(): string;
  sleep(ms: number): Promise<void>;
  /** Somebody ends the run of that instance in the web app. */
  terminate(id: string): void;
  /** The page goes away. */
  hide(): void;
  close(timeoutMs: number): void;
  /** Notes a promise that has to settle before the end. */
  watch(promise: Promise<unknown>): void;
  tell(line: () => string): void;
}

/** What a step made, by its slot. */
interface Held {
  readonly thing: Thing;
  readonly made: Made | undefined;
}

type AnyRef = Ref<AgentInstance> & Ref<AgentSpan>;

export class Agents {
  readonly #stage: Stage;
  readonly #held = new Map<number, Held>();
  /** Calls that can be repeated. */
  readonly #repeatable: ((signal: AbortSignal | undefined) => void)[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      const waited = this.#do(step);
      if (waited !== undefined) await waited;
    }
  }

  /** Carries out a step; a promise, where the agent waits for something. */
  #do(step: Step): Promise<void> | undefined {
    const { client, calls, foreign } = this.#stage;
    switch (step.do) {
      case 'register':
        this.#register(step);
        return undefined;
      case 'start':
      case 'end':
      case 'quality':
        return this.#on(step.of, step.how, (ref, thing) => this.#change(step, ref, thing));
      case 'create':
        return this.#create(step);
      case 'recreate':
        this.#recreate(step);
        return undefined;
      case 'finish':
        return this.#on(step.of, step.how, (ref, thing) => this.#finish(step, ref, thing));
      case 'finish foreign': {
        const thing = foreign[step.index];
        if (thing?.id !== undefined) this.#finish(step, thing.id as AnyRef, thing);
        return undefined;
      }
      case 'submit':
        this.#submit(step);
        return undefined;
      case 'again': {
        const again = this.#repeatable[step.index];
        again?.(calls.abortAfter(step.abortAfterMs));
        return undefined;
      }
      case 'clash':
        this.#clash(step.of);
        return undefined;
      case 'invalid':
        this.#invalid(step);
        return undefined;
      case 'execute':
        calls.execute(step.items, step.fate, step.abortAfterMs);
        return undefined;
      case 'terminate': {
        const id = this.#held.get(step.of)?.thing.id;
        if (id !== undefined) this.#stage.terminate(id);
        return undefined;
      }
      case 'flush': {
        const flushed = client.flush({ timeoutMs: step.timeoutMs });
        this.#stage.tell(() => 'flush');
        this.#stage.watch(flushed);
        return step.isAwaited ? flushed.then(() => undefined) : undefined;
      }
      case 'ready': {
        // It rejects once the client is closed.
        const ready = client.ready().catch(() => undefined);
        this.#stage.watch(ready);
        return undefined;
      }
      case 'close':
        this.#stage.close(step.timeoutMs);
        return undefined;
      case 'hide':
        this.#stage.hide();
        return undefined;
      case 'wait':
        return this.#stage.sleep(step.ms);
      default:
        return step satisfies never;
    }
  }

  /** Does something with what stands in a slot, if it is there. */
  #on(slot: number, how: How, act: (ref: AnyRef, thing: Thing) => void): Promise<void> | undefined {
    const held = this.#held.get(slot);
    if (held === undefined) return undefined;
    const { thing, made } = held;
    if (how === 'result' && made !== undefined) {
      return made.promise.then(
        (value) => act(value as AnyRef, thing),
        () => act(referenceTo(held), thing),
      );
    }
    act(how === 'id' && thing.id !== undefined ? (thing.id as AnyRef) : referenceTo(held), thing);
    return undefined;
  }

  #register(step: Extract<Step, { do: 'register' }>): void {
    const { client, calls } = this.#stage;
    const id = step.hasOwnId ? this.#stage.newId() : undefined;
    const thing = new Thing(`i${step.slot}`, 'instance', id);
    const made = this.#call('register', step, {
      relations: { makes: thing },
      expected: id === undefined ? { type: 'agent_instance' } : { type: 'agent_instance', id },
      onTaken: (call) => calls.opened(thing, call),
      invoke: (options, idempotencyKey) =>
        client.agentInstances.register({ id, idempotencyKey, purpose: 'eval' }, options),
    });
    this.#held.set(step.slot, { thing, made });
  }

  #change(
    step: Extract<Step, { do: 'start' | 'end' | 'quality' }>,
    ref: AnyRef,
    thing: Thing,
  ): void {
    const { agentInstances } = this.#stage.client;
    const isEnd = step.do === 'end';
    this.#call(`${step.do} ${thing.label}`, step, {
      relations: { changes: thing, follows: isEnd },
      onTaken: () => {
        if (isEnd) this.#close(thing);
      },
      isOverBound: isEnd && thing.isOpen === true,
      expected: { type: 'agent_instance' },
      invoke: (options, idempotencyKey) => {
        if (step.do === 'start') return agentInstances.start(ref, { idempotencyKey }, options);
        if (isEnd) return agentInstances.finish(ref, { idempotencyKey }, options);
        const quality = { name: 'tone', payload: { score: 4 }, idempotencyKey };
        return agentInstances.recordQuality(ref, quality, options);
      },
    });
  }

  /** What is open in a run ends with it; what is made there later is open again. */
  #close(instance: Thing): void {
    instance.isOpen = false;
    for (const { thing } of this.#held.values()) {
      if (thing.instance === instance) thing.isOpen = false;
    }
  }

  #create(step: Extract<Step, { do: 'create' }>): Promise<void> | undefined {
    const parent = step.parent === undefined ? undefined : this.#held.get(step.parent);
    return this.#on(step.of, step.how, (ref, instance) => {
      const { client, calls } = this.#stage;
      const thing = new Thing(`s${step.slot}`, 'span', undefined, instance);
      const schemaName = `schema-of-${thing.label}`;
      const made = this.#call(`create ${thing.label} in ${instance.label}`, step, {
        relations: {
          makes: thing,
          uses: parent === undefined ? [instance] : [instance, parent.thing],
        },
        expected: { type: 'agent_span', schemaName },
        onTaken: (call) => {
          if (step.isActive) calls.opened(thing, call);
        },
        invoke: (options, idempotencyKey) =>
          client.agentSpans.create(
            {
              agentInstanceId: ref,
              parentSpanId: parent && referenceTo(parent),
              schemaName,
              status: step.isActive ? 'active' : 'complete',
              payload: { text: 'ä'.repeat(step.payloadBytes / 2) },
              idempotencyKey,
            },
            options,
          ),
      });
      thing.id = made.promise.id;
      // By its id, what was complete is not kept in mind beside the run that was left out.
      thing.hasEnded = !step.isActive && isLeftOut(instance);
      this.#held.set(step.slot, { thing, made });
    });
  }

  #recreate(step: Extract<Step, { do: 'recreate' }>): void {
    const { thing } = this.#held.get(step.of) ?? {};
    if (thing?.id === undefined || thing.instance?.id === undefined || thing.isSplit) return;
    const { id, instance } = thing;
    const agentInstanceId = thing.instance.id;
    this.#call(`create ${thing.label} again`, step, {
      relations: { makes: thing, uses: [instance] },
      expected: { type: 'agent_span', schemaName: `schema-of-${thing.label}` },
      invoke: (options, idempotencyKey) =>
        this.#stage.client.agentSpans.create(
          {
            agentInstanceId,
            id,
            schemaName: `schema-of-${thing.label}`,
            status: 'complete',
            idempotencyKey,
          },
          options,
        ),
    });
    if (thing.isOpen === true) thing.isOpen = undefined;
  }

  #finish(terms: CallTerms, ref: AnyRef, thing: Thing): void {
    const { instance, isOpen } = thing;
    const isForeign = thing.kind === 'foreign span';
    const isKnown = isOpen === true && instance !== undefined;
    this.#call(`finish ${thing.label}`, terms, {
      relations: {
        changes: thing,
        uses: isKnown ? [instance] : [],
        mayUse: isOpen === undefined ? instance : undefined,
        precedes: isForeign,
      },
      isOverBound: isKnown,
      onTaken: () => {
        thing.isOpen = false;
      },
      expected: { type: 'agent_span' },
      invoke: (options, idempotencyKey) =>
        this.#stage.client.agentSpans.finish(
          ref,
          { resultPayload: { of: thing.label }, idempotencyKey },
          options,
        ),
    });
    thing.hasEnded = true;
  }

  #submit(step: Extract<Step, { do: 'submit' }>): void {
    const makes = this.#named(step.makes);
    const changes = this.#named(step.changes);
    const used = step.uses.flatMap((slot) => {
      const held = slot < 0 ? this.#named(slot) : this.#held.get(slot);
      return held === undefined ? [] : [held];
    });
    const names = [makes, changes, ...used].filter((held) => held !== undefined);
    this.#call(`list agents, for ${names.map(({ thing }) => thing.label).join(', ')}`, step, {
      relations: {
        makes: makes?.thing,
        changes: changes?.thing,
        uses: used.map(({ thing }) => thing),
      },
      expected: { status: 'success' },
      invoke: (options, idempotencyKey) =>
        this.#stage.client.submit(
          { _type: 'agents/list', idempotency_key: idempotencyKey },
          {
            ...options,
            makes: makes?.thing.id,
            changes: changes?.thing.id,
            uses: used.map(referenceTo),
          },
        ),
    });
  }

  #named(slot: number | undefined): Held | undefined {
    if (slot === undefined) return undefined;
    let held = this.#held.get(slot);
    if (held === undefined) {
      held = { thing: new Thing(`n${-slot}`, 'name', `name-${-slot}`), made: undefined };
      this.#held.set(slot, held);
    }
    return held;
  }

  /** The second call of the two is refused, while the first one is pending. */
  #clash(slot: number): void {
    const held = this.#held.get(slot);
    if (held === undefined) return;
    const { agentInstances } = this.#stage.client;
    const { calls } = this.#stage;
    const key = calls.newKey();
    const quality = (score: number) => ({
      label: `quality ${held.thing.label} (${score} of two by one key)`,
      relations: { changes: held.thing },
      expected: { type: 'agent_instance' },
      invoke: (options: { signal?: AbortSignal | undefined }) =>
        agentInstances.recordQuality(
          referenceTo(held),
          { name: 'tone', payload: { score }, idempotencyKey: key },
          options,
        ),
    });
    const { call } = calls.make(quality(1));
    if (call.item !== undefined && !calls.isUnclear) {
      calls.make({ ...quality(2), mustClash: true });
    }
  }

  #invalid({ slot, of }: Extract<Step, { do: 'invalid' }>): void {
    const held = this.#held.get(of);
    if (held === undefined) return;
    const { client, calls } = this.#stage;
    const thing = new Thing(`s${slot}`, 'span', undefined, held.thing);
    const made = calls.make({
      label: `create ${thing.label}, which cannot be serialised`,
      relations: { makes: thing, uses: [held.thing] },
      expected: {},
      mustDecline: true,
      invoke: (options) =>
        client.agentSpans.create(
          {
            agentInstanceId: referenceTo(held),
            schemaName: 'schema',
            status: 'active',
            payload: { big: 1n },
          },
          options,
        ),
    });
    thing.id = made.promise.id;
    this.#held.set(slot, { thing, made });
  }

  #call(
    label: string,
    { fate, abortAfterMs, hasOwnKey, hook }: CallTerms,
    what: Omit<Parameters<CallLog['make']>[0], 'label' | 'fate' | 'signal' | 'invoke'> & {
      invoke: (
        options: { signal?: AbortSignal | undefined },
        key: string | undefined,
      ) => Made['promise'];
      /** What is open or over with it. */
      onTaken?: (call: Call) => void;
    },
  ): Made {
    const { calls } = this.#stage;
    const key = hasOwnKey ? calls.newKey() : undefined;
    const invoke = (options: { signal?: AbortSignal | undefined }): Made['promise'] =>
      what.invoke(options, key);
    const signal = calls.abortAfter(abortAfterMs);
    const made = calls.make({ ...what, label, fate, signal, hook, invoke });
    if (made.call.isAccepted !== false) what.onTaken?.(made.call);
    if (key === undefined) return made;
    const hadId = made.promise.id !== undefined;
    this.#repeatable.push((later) => {
      const relations = relationsOfRepeat(what.relations, hadId);
      const repeat = { ...what, label: `${label}, again`, relations, isOverBound: false };
      const { call } = calls.make({ ...repeat, fate, signal: later, hook, invoke });
      const isTheSame = relations.makes === what.relations.makes;
      if (isTheSame && call.isAccepted !== false) what.onTaken?.(call);
    });
    return made;
  }
}

/**
 * What a repeated call stands for, where it does not join the first. What had no id then is another
 * thing to the client; what was to be finished is not known as open any more.
 */
function relationsOfRepeat(relations: Relations, hadId: boolean): Relations {
  const { makes, changes } = relations;
  if (changes?.kind === 'span') return { changes };
  if (makes === undefined || hadId) return relations;
  return { ...relations, makes: new Thing(`${makes.label}'`, makes.kind) };
}

/** The call that makes it, where there is one; else its id. */
function referenceTo({ thing, made }: Held): AnyRef {
  return (made?.promise ?? thing.id) as AnyRef;
}
