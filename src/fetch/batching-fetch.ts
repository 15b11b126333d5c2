import { isPrefactorError } from '../errors/error-classes.ts';
import { IdGenerator } from '../ids/id-generator.ts';
import type { AutobatchClient, WireAction } from '../index.ts';
import { own } from '../lib/own-fields.ts';
import { noteWrapped } from '../lib/wrapped-fetch.ts';
import { answerOf, responseOf } from './answers.ts';
import { EarlyAnswers } from './early-answers.ts';
import { onProcessExit } from './exit-drain.ts';
import type { BatchingFetchOptions, FetchSettings } from './fetch-options.ts';
import { readFetchOptions } from './fetch-options.ts';
import type { FetchArguments, Passed, PassedReason, ReadCall } from './read-call.ts';
import { readCall, withKey } from './read-call.ts';
import { actionOf, fieldsOfBody } from './single-calls.ts';
import { Turns, throwIfAborted, unlessAborted } from './turns.ts';
import type { UnansweredCall } from './unanswered-calls.ts';
import { UnansweredCalls } from './unanswered-calls.ts';

export type { PassedReason } from './read-call.ts';

/** What became of the requests so far. */
export interface BatchingFetchStats {
  /** Calls that were handed to the client; a repeat that gets the result of the call that it repeats is none. */
  readonly batched: number;
  /** Those among them that were answered before the API had; with `answer: 'on-accept'` only. */
  readonly early: number;
  /** Requests that passed through, by the reason. */
  readonly passed: { readonly [Why in PassedReason]?: number };
  /** Calls that failed after they had been answered. The client's event `failure` tells of each. */
  readonly lateFailures: number;
}

/** A `fetch` that batches. */
export interface BatchingFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * From now on all requests pass through, for those who still hold this function, but for repeats of calls that had no
   * answer. What was accepted is still sent. If this is the global `fetch`, the one that was there when it was made is put
   * back; if another wrapper has been put around it meanwhile, that stays.
   */
  uninstall(): void;
  stats(): BatchingFetchStats;
}

/**
 * Makes a `fetch` that hands the single requests of an SDK to `client`, which sends them in batches, and answers as the
 * API would have. All other requests pass through. Put it in the place of the global one before the SDK is set up,
 * since official SDKs take `fetch` when their client is built.
 *
 * With `answer: 'on-result'`, the default, each call gets the API's own answer: the caller notices nothing. With
 * `'on-accept'` the calls of spans are answered as soon as the client has taken them, so that an SDK that makes one
 * request at a time fills whole batches; the registration and the finish of a run still wait for the API.
 *
 * @throws {PrefactorInvalidArgumentError} an option is wrong or unknown, or `client` is no client
 *
 * @example
 * const client = new AutobatchClient();
 * globalThis.fetch = createBatchingFetch(client, { answer: 'on-accept' });
 */
export function createBatchingFetch(
  client: AutobatchClient,
  options: BatchingFetchOptions = {},
): BatchingFetch {
  const replaced = globalThis.fetch;
  const batcher = new FetchBatcher(client, readFetchOptions(client, options));
  const batchingFetch = Object.assign(
    (...args: FetchArguments): Promise<Response> => batcher.fetch(args),
    {
      uninstall: (): void => {
        batcher.stop();
        if (globalThis.fetch === batchingFetch) globalThis.fetch = replaced;
      },
      stats: (): BatchingFetchStats => batcher.stats(),
    },
  );
  noteWrapped(batchingFetch, replaced);
  return batchingFetch;
}

/** A call whose turn has come. */
interface DueCall extends ReadCall {
  readonly args: FetchArguments;
  readonly text: string;
  readonly action: WireAction;
  /** The call without an answer that this one repeats, under the same key. */
  readonly repeated: UnansweredCall | undefined;
}

class FetchBatcher {
  readonly #client: AutobatchClient;
  readonly #settings: FetchSettings;
  readonly #early: EarlyAnswers | undefined;
  readonly #ids = new IdGenerator();
  readonly #turns = new Turns();
  readonly #unanswered = new UnansweredCalls();
  readonly #passed: { [Why in PassedReason]?: number } = {};
  readonly #forgetExit: () => void;
  readonly #warnedOf = new Set<PassedReason>();
  #batched = 0;
  #answeredEarly = 0;
  #lateFailures = 0;
  /** Calls that were answered, and have not settled. */
  #unsettled = 0;
  #isStopped = false;

  constructor(client: AutobatchClient, settings: FetchSettings) {
    this.#client = client;
    this.#settings = settings;
    this.#early = settings.answersEarly ? new EarlyAnswers(client) : undefined;
    this.#forgetExit = settings.drainsOnExit
      ? onProcessExit(() =>
          client.stats().ledger.pending > 0 ? settings.door.remaining() : undefined,
        )
      : () => {};
    void settings.door.closed.then(this.#forgetExit);
  }

  fetch(args: FetchArguments): Promise<Response> {
    const read = readCall(args, this.#settings);
    const mayRepeat = !this.#unanswered.isEmpty;
    if (read.kind === 'call' && (mayRepeat || !this.#isStopped)) return this.#batch(args, read);
    if (read.kind === 'passed') this.#warn(read);
    const why = read.kind === 'call' ? 'uninstalled' : read.why;
    const waits = this.#early !== undefined && (read.kind === 'call' || read.mayFollow);
    return waits ? this.#passInTurn(args, why, read.signal) : this.#pass(args, why);
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#early?.stop();
    void this.#turns.allSoFar.then(() => this.#client.flush()).then(this.#forgetExit);
  }

  stats(): BatchingFetchStats {
    return {
      batched: this.#batched,
      early: this.#answeredEarly,
      passed: { ...this.#passed },
      lateFailures: this.#lateFailures,
    };
  }

  /** Says once why nothing is batched, where that looks like a mistake in the settings. */
  #warn({ why, api }: Passed): void {
    if ((why !== 'token' && why !== 'other API') || this.#batched > 0) return;
    if (this.#isStopped || this.#warnedOf.has(why)) return;
    this.#warnedOf.add(why);
    const { apiUrl, door } = this.#settings;
    const what =
      why === 'token'
        ? 'has another token than the client. Give both the same, by PREFACTOR_API_TOKEN or the option apiToken'
        : `goes to ${api}, and the API of the client is ${apiUrl}. Give both the same, by PREFACTOR_API_URL or the option apiUrl`;
    door.logger.warn(
      `0 calls batched so far: this one ${what}. (Said once; stats().passed counts such calls.)`,
    );
  }

  #pass(args: FetchArguments, why: PassedReason): Promise<Response> {
    this.#passed[why] = (this.#passed[why] ?? 0) + 1;
    const { fetch } = this.#settings;
    return fetch(...args);
  }

  /** Behind all calls that were answered before it: what it asks for, or changes, may depend on them. */
  async #passInTurn(
    args: FetchArguments,
    why: PassedReason,
    signal: ReadCall['signal'],
  ): Promise<Response> {
    await unlessAborted(this.#turns.allSoFar, signal);
    if (this.#unsettled > 0) await unlessAborted(this.#client.flush(), signal);
    return this.#pass(args, why);
  }

  async #batch(args: FetchArguments, read: ReadCall): Promise<Response> {
    const turn = this.#turns.take();
    let answer: Promise<Response>;
    try {
      const { body, signal } = read;
      throwIfAborted(signal);
      const text = typeof body === 'string' ? body : await unlessAborted(body(), signal);
      await unlessAborted(turn.comes, signal);
      const due = text === undefined ? 'body' : this.#prepare(args, read, text);
      // Promises of their own: they may take longer than this turn, and what passes through waits for it.
      if (typeof due === 'string') answer = this.#passInTurn(args, due, signal);
      else if (due.repeated?.result !== undefined) answer = this.#answer(due, due.repeated.result);
      else if (this.#isStopped) answer = this.#passWithKey(due, 'uninstalled');
      else if (await this.#hasRoom(due)) answer = this.#submit(due);
      else answer = this.#passWithKey(due, 'closed');
    } finally {
      turn.end();
    }
    return answer;
  }

  /** The call as an action; or why it passes through. */
  #prepare(args: FetchArguments, read: ReadCall, text: string): DueCall | PassedReason {
    const repeated = this.#unanswered.take(read.path, text);
    if (repeated === undefined && this.#isStopped) return 'uninstalled';
    const body = fieldsOfBody(text);
    if (body === undefined) return 'body';
    // Always ours or the caller's: one that the client makes by itself could not be shared by a repeat.
    const { idempotency_key: key = repeated?.key ?? this.#ids.makeKey() } = body;
    const action = actionOf(read.call, body, key);
    if (action === undefined) return 'body';
    if (!this.#settings.door.takes(action)) return 'checks';
    return { ...read, args, text, action, repeated };
  }

  /** So what it repeats is not done twice, if the API takes keys of bulk requests for keys of single ones. */
  async #passWithKey(due: DueCall, why: PassedReason): Promise<Response> {
    const { action, args, path, repeated, signal, text } = due;
    if (repeated === undefined) return this.#passInTurn(args, why, signal);
    try {
      const keyed = withKey(args, text, action.idempotency_key);
      return await this.#passInTurn(keyed, why, signal);
    } catch (error) {
      this.#unanswered.add(path, text, repeated);
      throw error;
    }
  }

  /** Waits for room in the queue. False once the client is closed. */
  async #hasRoom({ path, repeated, signal, text }: DueCall): Promise<boolean> {
    try {
      await unlessAborted(this.#client.ready(), signal);
      return true;
    } catch (error) {
      if (isPrefactorError(error)) return false;
      // Its next repeat needs the key again.
      if (repeated !== undefined) this.#unanswered.add(path, text, repeated);
      throw error;
    }
  }

  #submit(due: DueCall): Promise<Response> {
    const { repeated, sdks, url } = due;
    const { door } = this.#settings;
    const refusal = this.#early?.refusalOf(due.action);
    if (refusal !== undefined) return Promise.resolve(responseOf(refusal, url));
    if (sdks.length > 0) door.nameSdks(sdks);
    const early = repeated === undefined ? this.#early?.of(due.action) : undefined;
    const { action } = early ?? due;
    const before = door.accepted();
    const result = this.#client.submit(action);
    this.#batched++;
    // What was not accepted has its result at once.
    if (early === undefined || door.accepted() === before) return this.#answer(due, result);
    this.#answeredEarly++;
    this.#early?.note(action, own(action['details'], 'id'));
    void this.#watch(action, result);
    return Promise.resolve(responseOf(early, url));
  }

  /** Answers with the result. */
  async #answer(due: DueCall, result: Promise<unknown>): Promise<Response> {
    const { action, signal, url } = due;
    try {
      const output = await unlessAborted(result, signal);
      this.#early?.trust(this.#early.instanceOf(action));
      this.#early?.note(action, own(own(output, 'details'), 'id'));
      return responseOf({ status: 200, text: JSON.stringify(output) }, url);
    } catch (error) {
      return this.#fail(due, result, error);
    }
  }

  async #fail(due: DueCall, result: Promise<unknown>, error: unknown): Promise<Response> {
    const { action, args, path, signal, text, url } = due;
    const isOurs = isPrefactorError(error);
    // What the hook has refused must not go past it.
    if (isOurs && error.code === 'INVALID_ARGUMENT' && !this.#settings.door.hasHook) {
      return this.#passInTurn(args, 'checks', signal);
    }
    if (isOurs && error.code === 'CLOSED' && !error.maybeApplied) {
      return this.#passWithKey(due, 'closed');
    }
    const answer = answerOf(error);
    if (answer !== undefined) return responseOf(answer, url);
    // It may have been done, or is still pending: its repeat is the same call.
    const key = action.idempotency_key;
    this.#unanswered.add(path, text, { key, result: isOurs ? undefined : result });
    throw isOurs ? new TypeError('fetch failed', { cause: error }) : error;
  }

  /** Follows a call that was answered. */
  async #watch(action: WireAction, result: Promise<unknown>): Promise<void> {
    this.#unsettled++;
    try {
      await result;
    } catch {
      this.#lateFailures++;
      this.#early?.doubt(this.#early.instanceOf(action));
      this.#early?.forget(action);
    } finally {
      this.#unsettled--;
    }
  }
}
