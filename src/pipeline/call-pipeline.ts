/**
 * The one way of every call: what was given is checked and becomes one action in wire form, its references
 * are resolved, `beforeEnqueue` may change it, its text is made, and the engine takes it. Whatever is wrong
 * on the way rejects the call; nothing is thrown.
 */

import type { Coalescer, Name } from '../coalescer/index.ts';
import type { Ids } from '../ids/ids.ts';
import { CallTimes } from '../lib/clock.ts';
import { unpolluted } from '../lib/prototype-pollution.ts';
import type { Action, ActionKind, Call, WireAction } from '../schemas/action.ts';
import { fieldsOf } from '../schemas/action.ts';
import type { ActionPromise } from '../schemas/action-promise.ts';
import { checkEnvelope } from '../schemas/bulk-request.ts';
import type { CallOptions, SubmitOptions } from '../schemas/call-options.ts';
import { checkCallOptions, checkSubmitOptions } from '../schemas/call-options.ts';
import { isName, isObject, NAME, whyNoFields, within } from '../schemas/check.ts';
import { idMadeBy, kinds, unknownKind } from './action-kinds.ts';
import type { BeforeEnqueue } from './before-enqueue.ts';
import { askHook } from './before-enqueue.ts';
import type { Claim, Draft } from './call-draft.ts';
import { demand, demandKey, keyFor } from './demand.ts';
import type { Relations } from './dependencies.ts';
import { Dependencies, withNamed } from './dependencies.ts';
import { InvalidCall } from './invalid-call.ts';
import type { Text, TextSettings } from './json-text.ts';
import { TextMaker } from './json-text.ts';
import { LeftOuts } from './omitted.ts';
import type { ReadAs, ReaderPorts } from './output-reader.ts';
import { Reader } from './output-reader.ts';
import { ownAction } from './own-action.ts';
import { References } from './references.ts';
import { askedBy, Repeats } from './repeated-keys.ts';
import { UnsentCalls } from './unsent-calls.ts';

export interface PipelineSettings
  extends Omit<ReaderPorts, 'idOf'>,
    Omit<TextSettings, 'makeSecret'> {
  readonly engine: Pick<
    Coalescer<unknown>,
    'accepted' | 'decline' | 'idOf' | 'isThere' | 'omit' | 'sharedMakes' | 'submit'
  >;
  readonly ids: Ids;
  /** A span gets an id of ours, where its run has one that tells its partition. */
  readonly makesSpanIds: boolean;
  readonly beforeEnqueue: BeforeEnqueue | undefined;
}

/** What all parameters have in common, as far as they have it. */
interface CallParams {
  readonly id?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** What the caller of a method gives as the run of a span that it finishes. */
const RUN = 'agentInstanceId';

export class Pipeline {
  /** Judges the outputs of calls. */
  readonly reader: Reader;
  readonly #engine: PipelineSettings['engine'];
  readonly #ids: Ids;
  /** Makes the ids of spans; undefined where the server does. */
  readonly #spanIds: Ids | undefined;
  readonly #times = new CallTimes();
  readonly #settings: PipelineSettings;
  readonly #references: References;
  readonly #dependencies: Dependencies;
  readonly #leftOuts: LeftOuts;
  readonly #unsent: UnsentCalls;
  readonly #texts: TextMaker;
  readonly #repeats = new Repeats();
  // Consecutive calls are mostly of one type and one instance: they share it.
  #readAs: ReadAs = { type: '', raw: false, instance: undefined };

  constructor(settings: PipelineSettings) {
    const { engine, ids } = settings;
    this.#engine = engine;
    this.#ids = ids;
    this.#spanIds = settings.makesSpanIds ? ids : undefined;
    this.#settings = settings;
    this.#leftOuts = new LeftOuts(engine);
    this.#references = new References({ engine, leftOuts: this.#leftOuts });
    this.#dependencies = new Dependencies(this.#references);
    this.reader = new Reader({ ...settings, idOf: (name) => engine.idOf(name) });
    this.#unsent = new UnsentCalls({
      ...settings,
      references: this.#references,
      leftOuts: this.#leftOuts,
      reader: this.reader,
    });
    this.#texts = new TextMaker({ ...settings, makeSecret: () => ids.makeKey() });
  }

  /**
   * The answer has told the id of what a call made, or has given it another one than was sent; or nobody
   * will make it.
   */
  learn(name: Name, id: string | undefined): void {
    const unnamed = typeof name === 'number' ? this.#references.learn(name, id) : undefined;
    if (id !== undefined) this.#dependencies.learn(name, id, unnamed);
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
      const options = givenOptions === undefined ? undefined : unpolluted(givenOptions);
      const given = params?.idempotencyKey;
      key = given === undefined ? this.#ids.makeKey() : keyFor(given, this.#ids);
      const issues = whyNoFields(givenParams) ?? kind.checkParams(params);
      if (issues !== undefined) throw new InvalidCall(issues);
      if (given !== undefined && key !== given) demandKey(given, 'idempotencyKey');
      if (options !== undefined) demand(within('options', checkCallOptions(options)));

      const isKeyed = given !== undefined;
      const claim = isKeyed ? this.#repeats.claimOf(key, this.#times.isoNow()) : undefined;
      const draft = this.#draftOf(kind, { key, target, params }, options, claim);
      return this.#enqueue(draft) as ActionPromise<Value>;
    } catch (error) {
      key ??= this.#ids.makeKey();
      const invalid = { type: kind.type, key, target, readId: () => givenParams.id };
      return this.#unsent.decline(error, invalid);
    }
  }

  #draftOf<Params>(
    kind: ActionKind<Params, unknown>,
    call: Call<Params>,
    options: CallOptions | undefined,
    claim: Claim | undefined,
  ): Draft {
    const now = this.#times.isoNow();
    const action = kind.toAction(call, claim === undefined ? now : claim.now);
    const fields = fieldsOf(kind, action);
    return {
      kind,
      key: call.key,
      raw: false,
      hasWireNames: false,
      options,
      run: kind.runOf?.(call.params),
      claim,
      again: claim && (() => kind.toAction(call, now)),
      isUnnamed: kind.makes === 'span' && fields['id'] === undefined,
      action,
      fields,
      newId: undefined,
      repeat: undefined,
    };
  }

  /** Any action in wire form; its value is the output as the wire has it. */
  submit(given: Action, givenOptions: SubmitOptions | undefined): ActionPromise<unknown> {
    let key: string | undefined;
    let type = 'unknown';
    try {
      const options = givenOptions === undefined ? undefined : unpolluted(givenOptions);
      const { _type, idempotency_key }: Partial<Action> = Object(unpolluted(given));
      key = keyFor(idempotency_key, this.#ids);
      demand(checkEnvelope(isObject(given) ? { _type } : given));
      if (key !== idempotency_key) demandKey(idempotency_key, 'idempotency_key');
      if (options !== undefined) demand(within('options', checkSubmitOptions(options)));
      type = String(_type);
      const kind = kinds.get(type) ?? unknownKind(type);
      const action = ownAction(given, type, key);
      demand(kind.checkAction(action));

      const isKeyed = idempotency_key !== undefined;
      const claim = isKeyed ? this.#repeats.claimOf(key, this.#times.isoNow()) : undefined;
      return this.#enqueue({
        kind,
        key,
        raw: true,
        hasWireNames: true,
        options,
        run: undefined,
        claim,
        again: undefined,
        isUnnamed: false,
        action,
        fields: fieldsOf(kind, action),
        newId: undefined,
        repeat: undefined,
      });
    } catch (error) {
      key ??= this.#ids.makeKey();
      const readId = (): unknown => givenOptions?.makes ?? idMadeBy(given);
      return this.#unsent.decline(error, { type, key, target: undefined, readId });
    }
  }

  #enqueue(draft: Draft): ActionPromise<unknown> {
    const { kind, claim, fields } = draft;
    const { beforeEnqueue } = this.#settings;
    const asked = claim && askedBy(kind, fields);
    let names = this.#references.resolve(draft);
    const run = draft.run === undefined ? undefined : this.#references.nameOf(draft.run, RUN);
    if (draft.isUnnamed) this.#identify(draft, names);
    if (claim !== undefined && asked !== undefined) this.#compare(draft, claim, asked, names);
    if (!this.#leftOuts.isEmpty && this.#leftOuts.takeAlong(draft))
      return this.#unsent.leaveOut(draft);
    if (beforeEnqueue !== undefined) {
      const action = askHook(beforeEnqueue, kind, draft.action);
      if (action === undefined) return this.#unsent.leaveOut(draft);
      this.#replace(draft, action);
      draft.hasWireNames = true;
      // The hook may have hung it elsewhere.
      if (!this.#leftOuts.isEmpty && this.#leftOuts.takeAlong(draft))
        return this.#unsent.leaveOut(draft);
      names = this.#references.resolve(draft);
    }
    return this.#submit(draft, names, run);
  }

  /**
   * Gives a span an id, made in the partition of its instance (docs/internals/api.md, "Ids"), so that its children and
   * its finish need not wait for the answer to its create.
   */
  #identify(draft: Draft, [run]: readonly Name[]): void {
    draft.newId = this.#spanIds?.makeRelated(run, this.#times.ms);
    draft.fields['id'] = draft.newId;
  }

  /**
   * Of a call with a key of the caller's own: whether it asks for what the first one with that key did. If
   * it asks for something else, it has a time and an id of its own.
   */
  #compare(draft: Draft, claim: Claim, asked: readonly unknown[], names: readonly Name[]): void {
    const repeat = this.#repeats.compare(draft, claim, asked);
    draft.repeat = repeat;
    if (repeat.sent === undefined && draft.again !== undefined) {
      this.#replace(draft, draft.again());
      this.#references.resolve(draft);
      if (draft.isUnnamed) this.#identify(draft, names);
    }
    const shared = draft.isUnnamed ? this.#shared(draft) : undefined;
    if (shared === undefined) return;
    // It goes by the id of what a pending call makes already, which the hook may have changed.
    draft.fields['id'] = typeof shared === 'string' ? shared : undefined;
    draft.newId = undefined;
    repeat.text = undefined;
  }

  #replace(draft: Draft, action: WireAction): void {
    draft.action = action;
    draft.fields = fieldsOf(draft.kind, action);
    if (draft.repeat !== undefined) draft.repeat.text = undefined;
  }

  /**
   * What a pending call makes that has the same key and asks for the same. The hook, a signal and a
   * payload may have made one meanwhile, so it is asked each time.
   */
  #shared({ key, claim, repeat }: Draft): Name | undefined {
    return repeat && this.#engine.sharedMakes(key, repeat.fingerprint, claim);
  }

  #submit(draft: Draft, names: readonly Name[], run: Name | undefined): ActionPromise<unknown> {
    const { kind, key, options, repeat } = draft;
    const shared = repeat && this.#shared(draft);
    const ownName = kind.makes && this.#nameMade(draft, shared);
    const known = this.#dependencies.of(kind, names, ownName, run);
    const relations = options === undefined ? known : this.#withNamed(known, options);
    const { makes, changes } = relations;
    const text = this.#texts.make(draft, names);
    const drawn = typeof makes === 'number' && makes !== shared ? makes : undefined;
    if (drawn !== undefined) this.#references.expect(drawn);
    const accepted = makes === undefined ? this.#engine.accepted : 0;
    const hasNewName = drawn !== undefined || (makes !== undefined && makes === draft.newId);
    const promise = this.#handOver(draft, relations, text, hasNewName);
    // What a call that was turned away would have closed is still open.
    if (makes !== undefined || this.#engine.accepted > accepted) {
      this.#dependencies.note(draft, relations, text.bytes);
    }
    if (typeof makes === 'string' && !this.#leftOuts.isEmpty) this.#leftOuts.reconsider(makes);
    const made = makes && ((repeat && this.#shared(draft)) ?? makes);
    if (drawn !== undefined && made !== drawn) this.#references.forget(drawn);
    return this.#references.handOut(promise, key, made ?? changes);
  }

  #handOver(
    { kind, key, raw, options, claim, repeat }: Draft,
    relations: Relations,
    { pieces, holes, bytes }: Text,
    hasNewName: boolean,
  ): Promise<unknown> {
    const { type } = kind;
    const { instance } = relations;
    const last = this.#readAs;
    const isAsLast = last.type === type && last.raw === raw && last.instance === instance;
    if (!isAsLast) this.#readAs = { type, raw, instance };
    return this.#engine.submit({
      key,
      fingerprint: repeat?.fingerprint,
      hasNewKey: claim === undefined,
      claim,
      type,
      pieces,
      bytes,
      holes,
      makes: relations.makes,
      hasNewName,
      changes: relations.changes,
      uses: relations.uses,
      precedes: relations.precedes,
      follows: relations.follows,
      overBound: relations.overBound,
      echoBytes: relations.echoBytes,
      signal: options?.signal,
      readAs: this.#readAs,
    });
  }

  #withNamed(known: Relations, options: SubmitOptions): Relations {
    return withNamed(known, options, (name, path) => this.#references.nameOf(name, path));
  }

  /** The name of what is made: the id in the action, or a number for what gets one from its answer. */
  #nameMade({ fields, newId }: Draft, shared: Name | undefined): Name {
    const { id } = fields;
    if (id == null) return shared ?? this.#references.draw();
    // Checked before, but a getter may say something else the second time.
    if (id === newId || isName(id)) return id as string;
    throw new InvalidCall([{ path: 'id', message: `must be ${NAME}` }]);
  }
}
