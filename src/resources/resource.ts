/**
 * The one way of every call: parameters are checked and become an action in wire form, which
 * `beforeEnqueue` may change; its references become names, its text is made, and the engine takes
 * it. Whatever is wrong on the way rejects the call; nothing is thrown.
 */
import type { ActionPromise } from '../action-promise.ts';
import { actionPromise } from '../action-promise.ts';
import type { Name } from '../coalescer/index.ts';
import type { Ids } from '../ids/ids.ts';
import { unpolluted } from '../internal/pollution.ts';
import type { Action, ActionKind, Place, WireAction, WireKind } from '../schemas/action.ts';
import { checkEnvelope } from '../schemas/bulk.ts';
import type { CallOptions, SubmitOptions } from '../schemas/call-options.ts';
import { checkCallOptions, checkSubmitOptions } from '../schemas/call-options.ts';
import { isName, isObject, within } from '../schemas/check.ts';
import { demand, demandFields, demandKey, keyFor } from './demand.ts';
import type { Relations } from './dependencies.ts';
import { Dependencies, idMadeBy, withNamed } from './dependencies.ts';
import type { Draft } from './drafts.ts';
import { Drafts } from './drafts.ts';
import type { Engine } from './engine.ts';
import { askHook } from './hook.ts';
import { invalidCallError } from './invalid-call.ts';
import { kindOf } from './kinds.ts';
import { LeftOuts } from './left-out.ts';
import { Naming } from './naming.ts';
import { ownAction } from './own-action.ts';
import type { PipelineSettings } from './pipeline-settings.ts';
import type { ReadAs } from './reader.ts';
import { Reader } from './reader.ts';
import { References } from './references.ts';
import { Repeats } from './repeats.ts';
import { TextMaker } from './text.ts';
import { localIdOf, targetOf, unsentOutput } from './unsent.ts';
import { Unwritable } from './unwritable.ts';

/** What all parameters have in common, as far as they have it. */
interface CallParams {
  readonly id?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** What belongs to a call beside its action. */
interface Terms {
  readonly options: SubmitOptions | undefined;
  /** The run that the caller named beside the action. */
  readonly run: unknown;
  /** The output is wanted as the wire has it. */
  readonly raw: boolean;
}

/** A call that is turned away. */
interface Declined {
  readonly type: string;
  readonly key: string;
  /** What it was called on. */
  readonly target: unknown;
}

export class Pipeline {
  /** Judges the outputs of calls. */
  readonly reader: Reader;
  readonly #engine: Engine;
  readonly #ids: Ids;
  readonly #settings: PipelineSettings;
  readonly #references: References;
  readonly #dependencies: Dependencies;
  readonly #leftOuts: LeftOuts;
  readonly #texts: TextMaker;
  readonly #drafts: Drafts;
  readonly #repeats = new Repeats();
  // Consecutive calls are mostly of one type and one instance: they share it.
  #readAs: ReadAs = { type: '', raw: false, instance: undefined };

  constructor(settings: PipelineSettings) {
    const { engine, ids } = settings;
    this.#engine = engine;
    this.#ids = ids;
    this.#settings = settings;
    this.#references = new References(engine);
    this.#leftOuts = new LeftOuts(engine);
    this.#dependencies = new Dependencies(this.#references);
    this.reader = new Reader({ ...settings, idOf: (name) => engine.idOf(name) });
    this.#texts = new TextMaker(() => ids.makeKey(), settings.maxItemBytes, settings.onEmptied);
    this.#drafts = new Drafts({ place: this.#place, ids: settings.makesSpanIds ? ids : undefined });
  }

  /**
   * The answer has told the id of what a call made, or has given it another one than was sent; or nobody
   * will make it.
   */
  learn(name: Name, id: string | undefined): void {
    if (id !== undefined) this.#dependencies.learn(name, id);
    if (typeof name === 'number') this.#references.learn(name, id);
  }

  /** A call of a method; `target` is what it is called on, undefined for what makes something. */
  call<Params extends CallParams, Value>(
    kind: ActionKind<Params, Value>,
    target: unknown,
    givenParams: Params,
    givenOptions: CallOptions | undefined,
  ): ActionPromise<Value> {
    let key: string | undefined;
    try {
      const params = unpolluted(givenParams);
      const options = unpolluted(givenOptions);
      const given = params?.idempotencyKey;
      key = keyFor(given, this.#ids);
      demandFields(givenParams);
      demand(kind.checkParams(params));
      if (key !== given) demandKey(given, 'idempotencyKey');
      if (options !== undefined) demand(within('options', checkCallOptions(options)));

      const claim = given === undefined ? undefined : this.#repeats.claimOf(key);
      const draft = this.#drafts.of(kind, { key, target, params }, claim);
      const run = kind.runOf?.(params, this.#place);
      return this.#enqueue(kind, this.#joining(draft), { options, run, raw: false });
    } catch (error) {
      const declined = { type: kind.type, key: key ?? this.#ids.makeKey(), target };
      return this.#decline(this.#asOfMethod(error), declined, () => givenParams.id);
    }
  }

  /** What a hook returned has the wire's names, and no other. */
  #asOfMethod(error: unknown): unknown {
    const isOwn = error instanceof Unwritable && this.#settings.beforeEnqueue === undefined;
    return isOwn ? error.ofMethod() : error;
  }

  /** Any action in wire form; its value is the output as the wire has it. */
  submit(given: Action, givenOptions: SubmitOptions | undefined): ActionPromise<unknown> {
    let key: string | undefined;
    let type = 'unknown';
    try {
      const options = unpolluted(givenOptions);
      const { _type, idempotency_key }: Partial<Action> = Object(unpolluted(given));
      key = keyFor(idempotency_key, this.#ids);
      demand(checkEnvelope(isObject(given) ? { _type } : given));
      if (key !== idempotency_key) demandKey(idempotency_key, 'idempotency_key');
      if (options !== undefined) demand(within('options', checkSubmitOptions(options)));
      type = String(_type);
      const kind = kindOf(type) ?? { type, checkAction: checkEnvelope };
      const action = ownAction(given, type, key);
      demand(kind.checkAction(action));

      const claim = idempotency_key === undefined ? undefined : this.#repeats.claimOf(key);
      const draft = this.#drafts.ofAction(action, claim);
      return this.#enqueue(kind, draft, { options, run: undefined, raw: true });
    } catch (error) {
      const declined = { type, key: key ?? this.#ids.makeKey(), target: undefined };
      return this.#decline(error, declined, () => givenOptions?.makes ?? idMadeBy(given));
    }
  }

  /**
   * What a pending call makes that has the same key and asks for the same. The hook, a signal and a
   * payload may have made one meanwhile, so it is asked each time.
   */
  #shared({ action, claim, fingerprint }: Draft): Name | undefined {
    if (fingerprint === undefined) return undefined;
    return this.#engine.sharedMakes(action.idempotency_key, fingerprint, claim);
  }

  /** A span that a pending call makes already goes by the id of that, which the hook may have changed. */
  #joining(draft: Draft): Draft {
    const shared = draft.unnamed && this.#shared(draft);
    if (draft.unnamed === undefined || shared === undefined) return draft;
    draft.unnamed['id'] = typeof shared === 'string' ? shared : undefined;
    return { ...draft, newId: undefined, text: undefined };
  }

  /** Puts an id that is known in the place of a reference; a call without one stays, to be waited for. */
  readonly #place: Place = (reference, path) => {
    // A call that was left out: by its id it would be known for a while only.
    if (reference instanceof Promise && this.#leftOuts.find(reference)) return reference;
    const name = this.#references.nameOf(reference, path);
    return typeof name === 'string' ? name : reference;
  };

  #enqueue<Value>(kind: WireKind<Value>, draft: Draft, terms: Terms): ActionPromise<Value> {
    const { beforeEnqueue, disabled } = this.#settings;
    const given = draft.action;
    if (disabled || this.#leftOuts.takeAlong(given, terms)) {
      return this.#leaveOut(kind, given, draft, terms);
    }
    const action = beforeEnqueue === undefined ? given : askHook(beforeEnqueue, kind, given);
    if (action === undefined) return this.#leaveOut(kind, given, draft, terms);
    // The hook may have hung it elsewhere.
    if (this.#leftOuts.takeAlong(action, terms)) return this.#leaveOut(kind, action, draft, terms);

    const key = action.idempotency_key;
    const { claim, fingerprint, sent, newId } = draft;
    const shared = this.#shared(draft);
    const naming = new Naming(this.#references, this.#texts, shared, sent);
    const relations = this.#relate(action, naming, terms);
    const { makes, changes, instance } = relations;
    const isAsWritten = action === given && !naming.hasChanged;
    const text = isAsWritten ? draft.text : undefined;
    const { pieces, holes, bytes } = this.#texts.make(action, naming.missing, text);
    const drawn = typeof makes === 'number' && makes !== shared ? makes : undefined;
    if (drawn !== undefined) this.#references.expect(drawn);
    const { accepted } = this.#engine;
    const promise = this.#engine.submit({
      key,
      fingerprint,
      hasNewKey: claim === undefined,
      claim,
      type: kind.type,
      pieces,
      bytes,
      holes,
      makes,
      hasNewName: drawn !== undefined || (makes !== undefined && makes === newId),
      changes,
      uses: relations.uses,
      precedes: relations.precedes,
      follows: relations.follows,
      overBound: relations.overBound,
      echoBytes: relations.echoBytes,
      signal: terms.options?.signal,
      readAs: this.#howToRead(kind.type, terms.raw, instance),
    }) as Promise<Value>;
    // What a call that was turned away would have closed is still open.
    if (makes !== undefined || this.#engine.accepted > accepted) {
      this.#dependencies.note(action, relations, bytes);
    }
    if (typeof makes === 'string') this.#leftOuts.reconsider(makes);
    const made = makes && (this.#shared(draft) ?? makes);
    if (drawn !== undefined && made !== drawn) this.#references.forget(drawn);
    return this.#handle(promise, key, made ?? changes);
  }

  #howToRead(type: string, raw: boolean, instance: Name | undefined): ReadAs {
    const last = this.#readAs;
    if (last.type === type && last.raw === raw && last.instance === instance) return last;
    this.#readAs = { type, raw, instance };
    return this.#readAs;
  }

  #relate(action: WireAction, naming: Naming, { options, run }: Terms): Relations {
    const known = this.#dependencies.of(action, naming, run);
    if (options === undefined) return known;
    return withNamed(known, options, (name, path) => this.#references.nameOf(name, path));
  }

  /** A call that is not sent resolves with its own fields, and an id of ours where it has none. */
  #leaveOut<Value>(
    kind: WireKind<Value>,
    action: WireAction,
    draft: Draft,
    { options, raw }: Terms,
  ): ActionPromise<Value> {
    const shared = this.#shared(draft);
    const target = targetOf(action);
    const localId = localIdOf(action, this.#ids);
    const name =
      target === undefined
        ? (shared ?? options?.makes ?? localId)
        : this.#references.nameOf(target, 'target');
    const id = typeof name === 'string' ? name : localId;
    const output = unsentOutput(action, name === options?.makes ? localId : id);
    const readAs = { type: kind.type, raw, instance: undefined };
    const reading = this.reader.read(output, readAs);
    if (reading.kind !== 'success') throw new Error('an unsent call has an output of its own');
    this.#engine.omit();
    const call = this.#handle(
      Promise.resolve(reading.value as Value),
      action.idempotency_key,
      name,
    );
    if (this.#settings.disabled) return call;
    if (target !== undefined) this.#leftOuts.noteChange(action, call, target);
    // What a pending call makes, under the same key, is made.
    else if (typeof name === 'string') this.#leftOuts.noteMaking(action, options, call, name);
    return call;
  }

  /**
   * Rejects a call that is invalid. What it was to make counts as failed, so nothing waits for it;
   * `readId` reads its id from what may be anything, and may throw.
   */
  #decline(
    error: unknown,
    { type, key, target }: Declined,
    readId: () => unknown,
  ): ActionPromise<never> {
    const changes = this.#nameOfTarget(target);
    const makes = changes ?? nameFrom(readId) ?? this.#references.draw();
    const promise = this.#engine.decline(invalidCallError(error, type, key), {
      key,
      type,
      makes: changes === undefined ? makes : undefined,
    });
    return this.#handle(promise, key, changes ?? makes);
  }

  #nameOfTarget(target: unknown): Name | undefined {
    try {
      return target === undefined ? undefined : this.#references.nameOf(target, 'target');
    } catch {
      // The error that is on its way says so already.
      return undefined;
    }
  }

  #handle<Value>(
    promise: Promise<Value>,
    key: string,
    name: Name | undefined,
  ): ActionPromise<Value> {
    const id = typeof name === 'string' ? name : undefined;
    const call = actionPromise(promise, key, id);
    if (typeof name === 'number') this.#references.link(call, name);
    return call;
  }
}

function nameFrom(read: () => unknown): string | undefined {
  try {
    const id = read();
    return isName(id) ? id : undefined;
  } catch {
    // The error that is on its way comes from the same object.
    return undefined;
  }
}
