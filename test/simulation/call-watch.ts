/** What must hold at each call, each event and each settlement: looked at as it happens. */
import { getEventListeners } from 'node:events';
import type { AutobatchClient } from '../../src/client/client.ts';
import type { Stats } from '../../src/coalescer/index.ts';
import type { AutobatchEvents, Ledger } from '../../src/index.ts';
import type { CallListener, CallLog } from './calls.ts';
import { readError, textOf } from './errors.ts';
import type { Call, Outcome } from './model.ts';
import type { Sent } from './network.ts';
import type { Plan } from './plan.ts';
import { TOKEN_SIGN } from './plan.ts';
import type { Watched } from './watched.ts';
import type { WireWatch } from './wire-watch.ts';

export class CallWatch implements CallListener {
  readonly #watched: Watched;
  readonly wire: WireWatch;
  readonly #client: AutobatchClient;
  readonly #calls: () => CallLog;
  /** The last request that had carried a call when it settled. */
  readonly lastSentFor = new Map<Call, Sent>();
  readonly #errors = new Set<unknown>();
  readonly #values = new Set<unknown>();
  readonly #failures = new Map<string, number>();
  #bisected = 0;
  #isOutage = false;
  /** Since when a request might have left and did not. */
  #freeSince: number | undefined;

  /** `calls`: of which this one hears as they are made. */
  constructor(watched: Watched, wire: WireWatch, client: AutobatchClient, calls: () => CallLog) {
    this.#watched = watched;
    this.wire = wire;
    this.#client = client;
    this.#calls = calls;
    client.on('dispatch', (detail) => this.#onDispatch(detail));
    client.on('response', (detail) => this.#onResponse(detail));
    client.on('requeue', () => this.#note('requeue', () => 'an item was skipped'));
    client.on('retry', ({ key, reason, delayMs }) =>
      this.#note(
        `retry ${reason}`,
        () =>
          `${key === undefined ? 'a packed batch' : this.#log.nameOf(key)} goes back: ${reason}, ${delayMs} ms`,
      ),
    );
    client.on('pause', ({ ms, status }) => {
      wire.pause(ms);
      this.#note(`pause ${status}`, () => `pause of ${ms} ms`);
    });
    client.on('outage', ({ cause }) => this.#onOutage(cause));
    client.on('recovery', () => this.#onOutage(undefined));
    client.on('failure', (detail) => this.#onFailure(detail));
    client.on('terminate', () => this.#note('terminate', () => 'a run was ended'));
    client.on('idle', () => this.#look());
  }

  /** How often a failure was told of, by key. */
  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** In a brisk run, nothing that may be sent waits beside a free slot for longer than it may. */
  progress(): void {
    const { plan, time } = this.#watched;
    const { queued, blocked, concurrency } = this.#stats;
    const isFree = this.wire.inFlight < concurrency && queued > blocked;
    if (this.wire.inFlight === 0 && queued > 0)
      this.#fail('no stall', `${queued} items wait for nothing`);
    if (!isFree) this.#freeSince = undefined;
    else this.#freeSince ??= time.now();
    const waitedMs = time.now() - (this.#freeSince ?? time.now());
    if (waitedMs > plan.options.maxWaitMs + 1) {
      this.#fail('no stall', `a slot is free, and items wait for ${waitedMs} ms`);
    }
  }

  onMade(call: Call, pendingBefore: number): void {
    this.#tell(() => `${call.label} ${call.isAccepted === false ? 'is declined' : 'is called'}`);
    const { queueItems, queueBytes } = this.#watched.plan.options;
    const { queuedBytes } = this.#stats;
    const isTaken = call.item?.calls[0] === call;
    if (isTaken && call.type !== 'execute') {
      // What ends something has as much room again.
      const times = call.isOverBound || isEnd(call) ? 2 : 1;
      const isOver = pendingBefore >= times * queueItems || queuedBytes > times * queueBytes;
      if (isOver && !this.#calls().isUnclear) {
        const held = `${pendingBefore} items, ${queuedBytes} bytes`;
        this.#fail('queue bounds', `${call.label} was taken in over ${held}`);
      }
    }
    if (call.isAccepted !== false && (call.mustDecline || call.isLate) && call.type !== 'execute') {
      this.#fail('declined', `${call.label} was taken in`);
    }
    if (call.isLeftOut === true && call.isAccepted === true) {
      this.#fail('left out', `${call.label} was taken in`);
    }
    if (call.isLeftOut === true) this.#watched.count('left out');
    this.#look();
  }

  onSettled(call: Call, outcome: Outcome): void {
    this.#look();
    const { time, plan } = this.#watched;
    const last = this.wire.lastSent(call.key);
    if (last !== undefined) this.lastSentFor.set(call, last);
    const tookMs = time.now() - call.calledAt;
    // Timers count whole milliseconds.
    if (tookMs > plan.options.deliveryTimeoutMs + 1 + lateMsOf(plan)) {
      this.#fail('settled in time', `${call.label} took ${tookMs} ms`);
    }
    const { signal } = call;
    if (signal !== undefined && getEventListeners(signal, 'abort').length > 0) {
      this.#fail('idle at the end', `${call.label} has settled, and its signal is listened to`);
    }
    if (outcome.kind === 'resolved') this.#onResolved(call, outcome.value);
    else this.#onRejected(call, outcome.error);
  }

  #onDispatch({ items, bytes, reason }: AutobatchEvents['dispatch']): void {
    this.wire.announce(items, bytes, reason === 'outlive');
    this.#freeSince = undefined;
    this.#note(`reason ${reason}`, () => `a request of ${items} leaves: ${reason}`);
  }

  #onResponse({ status, unasked }: AutobatchEvents['response']): void {
    this.#look();
    this.#watched.count(`answer ${status ?? 'none'}`);
    const { bisected } = this.#stats;
    if (bisected > this.#bisected) {
      this.#watched.count(`row together: halved for ${whyHalved(status)}`);
    }
    this.#bisected = bisected;
    if (unasked > 0) this.#watched.count('answer with unasked outputs');
  }

  /** One begins, for that cause; or, without one, is over. */
  #onOutage(cause: string | undefined): void {
    const isOn = cause !== undefined;
    const name = isOn ? 'outage' : 'recovery';
    this.#note(name, () => (isOn ? `an outage: ${cause}` : 'the server answers again'));
    if (isOn === this.#isOutage) this.#fail('health', `a second ${name} in a row`);
    if (cause === '') this.#fail('health', 'an outage without a cause');
    this.#isOutage = isOn;
  }

  #onFailure({ error, key, systemic }: AutobatchEvents['failure']): void {
    this.#look();
    if (key !== undefined) this.#failures.set(key, (this.#failures.get(key) ?? 0) + 1);
    if (systemic) this.#watched.count('systemic');
    this.#checkToken(error, 'the event of a failure');
  }

  #onResolved(call: Call, value: unknown): void {
    this.#tell(() => `${call.label} resolves`);
    if (this.#values.has(value)) this.#fail('own result', `${call.label} shares its result`);
    this.#values.add(value);
    const isUnsent = call.isAccepted === false;
    if (isUnsent && call.isLeftOut === false) {
      this.#fail('left out', `${call.label} resolves, and was not taken in`);
    }
    for (const [field, expected] of Object.entries(call.expected)) {
      const given: unknown = Reflect.get(Object(value), field);
      // What was not sent has no more than it was called with.
      if (isUnsent && given === undefined) continue;
      if (given !== expected && !this.#mayBeMisnamed(field)) {
        this.#fail('own result', `${call.label}: ${field} is ${given}, not ${expected}`);
      }
    }
    const { makes } = call.relations;
    const id: unknown = Reflect.get(Object(value), 'id');
    if (makes === undefined || typeof id !== 'string') return;
    if (makes.id !== undefined && makes.id !== id) makes.isSplit = true;
    makes.id ??= id;
  }

  #onRejected(call: Call, error: unknown): void {
    const { bound, code, idempotencyKey } = readError(error);
    if (call.isLeftOut === true) this.#fail('left out', `${call.label} rejects: ${code}`);
    this.#tell(() => `${call.label} rejects: ${textOf(error).slice(0, 160)}`);
    const isAbort = call.signal?.aborted === true && error === call.signal.reason;
    if (isAbort) return;
    if (this.#errors.has(error)) this.#fail('own error', `${call.label} shares its error`);
    this.#errors.add(error);
    if (idempotencyKey !== undefined && idempotencyKey !== call.key && call.type !== 'execute') {
      this.#fail('own error', `${call.label} got the error of ${this.#log.nameOf(idempotencyKey)}`);
    }
    this.#checkToken(error, call.label);
    if ((code === 'IDEMPOTENCY_CONFLICT') !== call.mustClash && call.type !== 'execute') {
      if (!call.isLate) this.#fail('key conflict', `${call.label}: ${code}`);
    }
    if (call.mustDecline && code !== 'INVALID_ARGUMENT') {
      this.#fail('declined', `${call.label}: ${code}`);
    }
    if (code === 'QUEUE_FULL' && call.isOverBound && bound !== 'finishes') {
      this.#fail('queue bounds', `${call.label} ends something, and was declined`);
    }
  }

  /** The books balance at this moment. */
  #look(): void {
    const { ledger } = this.#stats;
    if (!isBalanced(ledger)) this.#fail('books', JSON.stringify(ledger));
    const { isCalling, counted } = this.#log;
    if (!isCalling && ledger.accepted + ledger.declined !== counted) {
      this.#fail('books', `${counted} calls, but ${JSON.stringify(ledger)}`);
    }
  }

  #checkToken(error: unknown, where: string): void {
    if (textOf(error).includes(TOKEN_SIGN)) this.#fail('token hidden', `in ${where}`);
  }

  /** Where an answer may name a wrong id on purpose. */
  #mayBeMisnamed(field: string): boolean {
    return (
      field === 'id' && this.#watched.plan.faults.some(({ fault }) => fault.kind === 'wrongId')
    );
  }

  #note(what: string, line: () => string): void {
    this.#look();
    this.#watched.count(what);
    this.#watched.tell(line);
  }

  readonly #fail: Watched['fail'] = (name, detail) => this.#watched.fail(name, detail);

  #tell(line: () => string): void {
    this.#watched.tell(line);
  }

  get #stats(): Stats {
    return this.#client.stats();
  }

  get #log(): CallLog {
    return this.#calls();
  }
}

/** After a stop of the process, what was never sent gets one attempt. */
function lateMsOf({ freezes, options }: Plan): number {
  if (freezes.length === 0) return 0;
  return freezes.reduce((sum, { forMs }) => sum + forMs, options.attemptTimeoutMs + 1);
}

function isBalanced(ledger: Ledger): boolean {
  const { accepted, succeeded, refused, notAttempted, inDoubt, cancelled, pending } = ledger;
  return accepted === succeeded + refused + notAttempted + inDoubt + cancelled + pending;
}

function whyHalved(status: number | undefined): string {
  return status === 400 || status === 413 || status === 422 ? String(status) : 'no answer';
}

/** A finish may be taken over the bound also where the agents have lost track. */
function isEnd({ type }: Call): boolean {
  return type.startsWith('finish') || type.startsWith('end');
}
