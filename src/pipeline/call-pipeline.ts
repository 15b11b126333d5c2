/**
 * The way of every call to the engine: what was given is checked and becomes one action in wire form, its
 * references are resolved, `beforeEnqueue` may change it, its text is written, and the engine takes it. Whatever
 * is wrong on the way rejects the call; nothing is thrown.
 */
import type { Coalescer, Name } from '../coalescer/index.ts';
import type { IdGenerator } from '../ids/id-generator.ts';
import { keyFor } from '../ids/idempotency-key.ts';
import { Timestamps } from '../lib/clock.ts';
import { isObject, unpolluted } from '../lib/own-fields.ts';
import { tried } from '../lib/user-code.ts';
import type { Action, ActionInput, ActionKind, WireAction } from '../schemas/action.ts';
import { checkEnvelope, fieldsOf, targetOf } from '../schemas/action.ts';
import type { ActionPromise } from '../schemas/action-promise.ts';
import type { CallOptions, SubmitOptions } from '../schemas/call-options.ts';
import { checkCallOptions, checkSubmitOptions } from '../schemas/call-options.ts';
import { isName, NAME, whyNoFields, within } from '../schemas/field-checks.ts';
import { idMadeBy, knownKinds } from '../schemas/known-actions.ts';
import type { BeforeEnqueue } from './before-enqueue.ts';
import { askHook } from './before-enqueue.ts';
import type { CallDraft, KeyRecord } from './call-draft.ts';
import { copyAction } from './defensive-copy.ts';
import type { Dependencies } from './dependency-tracker.ts';
import { DependencyTracker, withNamed } from './dependency-tracker.ts';
import { assertKey, assertNoIssues, InvalidCall, invalidCallError } from './invalid-call.ts';
import type { ItemText, JsonWriterSettings } from './json-writer.ts';
import { JsonWriter } from './json-writer.ts';
import { KeyRecords } from './key-records.ts';
import { LeftOutCalls, leftOutOutput, localIdOf } from './left-out-calls.ts';
import type { OutputReaderPorts, ReadAs } from './output-reader.ts';
import { OutputReader } from './output-reader.ts';
import { References, requestedReferences } from './references.ts';

export interface CallPipelineSettings extends OutputReaderPorts, JsonWriterSettings {
  readonly engine: Pick<
    Coalescer<unknown>,
    'accepted' | 'decline' | 'idOf' | 'isThere' | 'omit' | 'sharedMakes' | 'submit'
  >;
  readonly ids: IdGenerator;
  /** A span gets an id of ours, where its instance has one that tells its partition. */
  readonly makesSpanIds: boolean;
  readonly beforeEnqueue: BeforeEnqueue | undefined;
  /** Every call is left out. */
  readonly disabled: boolean;
}

/** A call that is invalid. */
interface DeclinedCall {
  /** As its caller writes it: `agentSpans.create`. */
  readonly call: string;
  readonly type: string;
  /** Undefined where it could not be read. */
  readonly key: string | undefined;
  /** What it was called on. */
  readonly target: unknown;
  /** Reads the id of what it makes from what may be anything, and may throw. */
  readonly readId: () => unknown;
}

export class CallPipeline {
  /** Judges the outputs of calls. */
  readonly reader: OutputReader;
  readonly #settings: CallPipelineSettings;
  readonly #engine: CallPipelineSettings['engine'];
  readonly #ids: IdGenerator;
  readonly #times = new Timestamps();
  readonly #references: References;
  readonly #dependencies: DependencyTracker;
  readonly #leftOut: LeftOutCalls;
  readonly #writer: JsonWriter;
  readonly #keys = new KeyRecords();
  // Consecutive calls are mostly of one type and one instance: they share it.
  #readAs: ReadAs = { type: '', raw: false, instance: undefined };

  constructor(settings: CallPipelineSettings) {
    const { engine, ids } = settings;
    this.#settings = settings;
    this.#engine = engine;
    this.#ids = ids;
    this.#leftOut = new LeftOutCalls(engine);
    this.#references = new References(engine, this.#leftOut);
    this.#dependencies = new DependencyTracker(this.#references);
    this.reader = new OutputReader(settings);
    this.#writer = new JsonWriter(settings);
  }

  /** An answer has told the id of what a call made, another than was sent perhaps; or the call has failed. */
  learn(name: Name, id: string | undefined): void {
    const pending = typeof name === 'number' ? this.#references.learn(name, id) : undefined;
    if (id !== undefined) this.#dependencies.learn(name, id, pending);
  }

  /** A call of a method; `target` is what it is called on, undefined for what makes something. */
  call<Params extends { readonly [Name in 'id' | 'idempotencyKey']?: string | undefined }, Value>(
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
      if (issues !== undefined) assertNoIssues(issues, 'params');
      if (given !== undefined && key !== given) assertKey(given, 'idempotencyKey');
      if (options !== undefined) assertNoIssues(within('options', checkCallOptions(options)));

      const record = given === undefined ? undefined : this.#keys.of(key, this.#times.isoNow());
      const draft = this.#draftOf(kind, { key, target, params }, options, record);
      return this.#enqueue(draft) as ActionPromise<Value>;
    } catch (error) {
      const readId = (): unknown => givenParams.id;
      const { method: call, type } = kind;
      return this.#decline(error, { call, type, key, target, readId });
    }
  }

  #draftOf<Params>(
    kind: ActionKind<Params, unknown>,
    call: ActionInput<Params>,
    options: CallOptions | undefined,
    record: KeyRecord | undefined,
  ): CallDraft {
    const now = this.#times.isoNow();
    const action = kind.toAction(call, record === undefined ? now : record.now);
    const fields = fieldsOf(kind, action);
    return {
      kind,
      key: call.key,
      raw: false,
      hasWireNames: false,
      options,
      instance: kind.instanceOf?.(call.params),
      record,
      remake: record && (() => kind.toAction(call, now)),
      needsId: kind.makes === 'span' && fields['id'] === undefined,
      action,
      fields,
      newId: undefined,
      fingerprint: undefined,
      sentIds: undefined,
      text: undefined,
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
      assertNoIssues(checkEnvelope(isObject(given) ? { _type } : given), 'action');
      if (key !== idempotency_key) assertKey(idempotency_key, 'idempotency_key');
      if (options !== undefined) assertNoIssues(within('options', checkSubmitOptions(options)));
      type = String(_type);
      // Of any other type nothing is known.
      const kind = knownKinds.get(type) ?? { type, references: [], checkAction: checkEnvelope };
      const action = copyAction(given, type, key);
      assertNoIssues(kind.checkAction(action));

      const isKeyed = idempotency_key !== undefined;
      const record = isKeyed ? this.#keys.of(key, this.#times.isoNow()) : undefined;
      const fields = fieldsOf(kind, action);
      const asGiven = { raw: true, hasWireNames: true, needsId: false };
      return this.#enqueue({ kind, key, ...asGiven, options, record, action, fields });
    } catch (error) {
      const readId = (): unknown => givenOptions?.makes ?? idMadeBy(given);
      return this.#decline(error, { call: 'submit', type, key, target: undefined, readId });
    }
  }

  #enqueue(draft: CallDraft): ActionPromise<unknown> {
    const { kind, record, fields } = draft;
    const { beforeEnqueue, disabled } = this.#settings;
    const requested = record && requestedReferences(kind, fields);
    let names = this.#references.resolve(draft);
    // The caller of a method has named it.
    const instance =
      draft.instance === undefined
        ? undefined
        : this.#references.nameOf(draft.instance, 'agentInstanceId');
    if (draft.needsId) this.#addId(draft, names);
    if (record !== undefined && requested !== undefined) {
      this.#compare(draft, record, requested, names);
    }
    if (disabled) return this.#leaveOut(draft, undefined);
    if (!this.#leftOut.isEmpty || beforeEnqueue !== undefined) {
      if (this.#isLeftOut(draft)) return this.#leaveOut(draft, this.#shared(draft));
      if (beforeEnqueue !== undefined) names = this.#references.resolve(draft);
    }
    return this.#submit(draft, names, instance);
  }

  /** Whether the call is left out: along with what it needs, or by the hook, which may change it instead. */
  #isLeftOut(draft: CallDraft): boolean {
    const { beforeEnqueue } = this.#settings;
    if (this.#leftOut.needsLeftOut(draft)) return true;
    if (beforeEnqueue === undefined) return false;
    const action = askHook(beforeEnqueue, draft.kind, draft.action);
    if (action === undefined) return true;
    this.#replace(draft, action);
    draft.hasWireNames = true;
    // The hook may have put other references into it.
    return this.#leftOut.needsLeftOut(draft);
  }

  /**
   * Gives a span an id, made in the partition of its instance (docs/internals/api.md, "Ids"), so that its children and
   * its finish need not wait for the answer to its create.
   */
  #addId(draft: CallDraft, [instance]: readonly Name[]): void {
    const { makesSpanIds } = this.#settings;
    draft.newId = makesSpanIds ? this.#ids.makeInPartitionOf(instance, this.#times.ms) : undefined;
    draft.fields['id'] = draft.newId;
  }

  /** Compares a call with a key of the caller's own with the first one that had that key. */
  #compare(
    draft: CallDraft,
    record: KeyRecord,
    requested: readonly unknown[],
    names: readonly Name[],
  ): void {
    this.#keys.compare(draft, record, requested);
    if (draft.sentIds === undefined && draft.remake !== undefined) {
      // It asks for something else, so it has a time and an id of its own.
      this.#replace(draft, draft.remake());
      this.#references.resolve(draft);
      if (draft.needsId) this.#addId(draft, names);
    }
    const shared = draft.needsId ? this.#shared(draft) : undefined;
    if (shared === undefined) return;
    // A pending call makes the same span already, under an id that the hook may have changed.
    draft.fields['id'] = typeof shared === 'string' ? shared : undefined;
    draft.newId = undefined;
    draft.text = undefined;
  }

  #replace(draft: CallDraft, action: WireAction): void {
    draft.action = action;
    draft.fields = fieldsOf(draft.kind, action);
    draft.text = undefined;
  }

  /**
   * What a pending call makes that has the same key and asks for the same. The hook, a signal and a
   * payload may have made one meanwhile, so it is asked each time.
   */
  #shared({ key, record, fingerprint }: CallDraft): Name | undefined {
    if (fingerprint === undefined) return undefined;
    return this.#engine.sharedMakes(key, fingerprint, record);
  }

  #submit(
    draft: CallDraft,
    names: readonly Name[],
    instance: Name | undefined,
  ): ActionPromise<unknown> {
    const { kind, key, options, record } = draft;
    const shared = record && this.#shared(draft);
    const ownName = kind.makes && this.#nameMade(draft, shared);
    const known = this.#dependencies.of(kind, names, ownName, instance);
    const dependencies =
      options === undefined ? known : withNamed(known, options, this.#references);
    const { makes, changes } = dependencies;
    const text = this.#writer.write(draft, names);
    const drawn = typeof makes === 'number' && makes !== shared ? makes : undefined;
    if (drawn !== undefined) this.#references.expect(drawn);
    const accepted = makes === undefined ? this.#engine.accepted : 0;
    const hasNewName = drawn !== undefined || (makes !== undefined && makes === draft.newId);
    const promise = this.#handOver(draft, dependencies, text, hasNewName);
    // What a call that was declined would have closed is still open.
    if (makes !== undefined || this.#engine.accepted > accepted) {
      this.#dependencies.note(draft, dependencies, text.bytes);
    }
    if (typeof makes === 'string' && !this.#leftOut.isEmpty) this.#leftOut.reconsider(makes);
    const made = makes && ((record && this.#shared(draft)) ?? makes);
    if (drawn !== undefined && made !== drawn) this.#references.forget(drawn);
    return this.#references.handOut(promise, key, made ?? changes);
  }

  #handOver(
    { kind, key, raw, options, record, fingerprint }: CallDraft,
    dependencies: Dependencies,
    { pieces, holes, bytes }: ItemText,
    hasNewName: boolean,
  ): Promise<unknown> {
    const { type } = kind;
    const { instance } = dependencies;
    const last = this.#readAs;
    const isAsLast = last.type === type && last.raw === raw && last.instance === instance;
    if (!isAsLast) this.#readAs = { type, raw, instance };
    return this.#engine.submit({
      key,
      fingerprint,
      hasNewKey: record === undefined,
      claim: record,
      type,
      pieces,
      bytes,
      holes,
      makes: dependencies.makes,
      hasNewName,
      changes: dependencies.changes,
      uses: dependencies.uses,
      precedes: dependencies.precedes,
      follows: dependencies.follows,
      overBound: dependencies.overBound,
      echoBytes: dependencies.echoBytes,
      signal: options?.signal,
      readAs: this.#readAs,
    });
  }

  /** The name of the resource that is made: the id in the action, or a number until the answer tells it. */
  #nameMade({ fields, newId }: CallDraft, shared: Name | undefined): Name {
    const { id } = fields;
    if (id == null) return shared ?? this.#references.draw();
    // Checked before, but a getter may say something else the second time.
    if (id === newId || isName(id)) return id as string;
    throw new InvalidCall([{ path: 'id', message: `must be ${NAME}` }]);
  }

  /**
   * Leaves a call out: it resolves with its own fields, and an id of ours where it has none. `shared` is what a
   * pending call with the same key makes.
   */
  #leaveOut(draft: CallDraft, shared: Name | undefined): ActionPromise<unknown> {
    const { kind, key, raw, options, action } = draft;
    const target = targetOf(action);
    const localId = localIdOf(action, this.#ids);
    const name =
      target === undefined
        ? (shared ?? options?.makes ?? localId)
        : this.#references.nameOf(target, 'target');
    const id = typeof name === 'string' ? name : localId;
    const output = leftOutOutput(action, name === options?.makes ? localId : id);
    const reading = this.reader.read(output, { type: kind.type, raw, instance: undefined });
    if (reading.kind !== 'success') throw new Error('a left-out call has an output of its own');
    this.#engine.omit();
    const call = this.#references.handOut(Promise.resolve(reading.value), key, name);
    // Where every call is left out, those that need another one need not be found.
    if (this.#settings.disabled) return call;
    if (target !== undefined) this.#leftOut.noteChange(draft, call, target);
    // A name without an id is that of what a pending call makes.
    else if (typeof name === 'string') this.#leftOut.noteMaker(draft, call, name);
    return call;
  }

  /** Rejects an invalid call. What it was to make counts as failed, so nothing waits for it. */
  #decline(
    error: unknown,
    { call, type, target, readId, ...given }: DeclinedCall,
  ): ActionPromise<never> {
    const key = given.key ?? this.#ids.makeKey();
    // Where they throw, the error that is on its way comes from the same object.
    const changes =
      target === undefined ? undefined : tried(() => this.#references.nameOf(target, 'target'));
    const id = changes === undefined ? tried(readId) : undefined;
    const name = changes ?? (isName(id) ? id : this.#references.draw());
    const makes = changes === undefined ? name : undefined;
    const promise = this.#engine.decline(invalidCallError(error, call, key), { key, type, makes });
    return this.#references.handOut(promise, key, name);
  }
}
