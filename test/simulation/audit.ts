/** What must hold at the end of a run: the client's promises against what the server did. */
import type { AutobatchClient } from '../../src/client/client.ts';
import type { EmulatorReport } from '../../src/testing/index.ts';
import type { CallWatch } from './call-watch.ts';
import type { CallLog } from './calls.ts';
import type { Column } from './errors.ts';
import { columnOf, readError } from './errors.ts';
import {
  endsInTime,
  holdsUp,
  isCalm,
  isFrozenOnly,
  isPoisonOnly,
  skipsItems,
} from './kinds-of-plans.ts';
import type { Call, Item, Thing } from './model.ts';
import { neededBy } from './model.ts';
import type { Plan } from './plan.ts';
import { rowOf } from './rows.ts';
import { USED_CODE } from './server.ts';
import type { Fail } from './violation.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface Audited {
  readonly plan: Plan;
  readonly client: AutobatchClient;
  readonly calls: CallLog;
  readonly watch: CallWatch;
  readonly report: EmulatorReport;
  /** Each run of an action, replays left out, in their order: whose it was. */
  readonly runs: readonly { readonly key: string | null; readonly item: Item | undefined }[];
  readonly time: VirtualTime;
  readonly fail: Fail;
  count(what: string): void;
}

export function audit(audited: Audited): void {
  const { calls, report, fail, plan } = audited;
  noteEffects(audited);
  for (const [key, times] of report.effects) {
    if (times > 1) fail('effect once', `${key} took effect ${times} times`);
  }
  for (const call of calls.calls) {
    if (call.item?.isMalformed) auditMalformed(call, fail);
    if (call.outcome === undefined) fail('settled once', `${call.label} has not settled`);
    else if (call.outcome.kind === 'resolved') auditResolved(audited, call);
    else auditRejected(audited, call, call.outcome.error);
  }
  if (!skipsItems(plan)) auditOrder(calls.items, plan, fail);
  auditFailures(audited);
  auditBooks(audited);
  for (const sentence of report.breaches) fail('no breach', sentence);
  if (report.openBodies > 0) fail('idle at the end', `${report.openBodies} bodies are open`);
  const { queued, inFlight, queuedBytes, ledger } = audited.client.stats();
  if ([queued, inFlight, queuedBytes, ledger.pending].some((left) => left !== 0)) {
    fail('idle at the end', JSON.stringify({ queued, inFlight, queuedBytes, ledger }));
  }
  if (audited.time.timers > 0) fail('idle at the end', `${audited.time.timers} timers are set`);
  if (plan.options.onSkipped === 'requeue' && hasError(calls, 'SKIPPED')) {
    fail('innocence', 'a skipped call was rejected');
  }
}

/** When each item first took effect. */
function noteEffects({ report, runs, fail }: Audited): void {
  const ran = report.ran.filter(({ outcome, code }) => outcome !== 'replay' && code !== USED_CODE);
  for (const [at, { key, outcome }] of ran.entries()) {
    const run = runs[at];
    if (run?.key !== key) {
      fail('no breach', `the server's runs are not as seen: ${run?.key}, ${key}`);
      return;
    }
    if (outcome === 'success' && run.item !== undefined) run.item.effectAt ??= at;
  }
}

function auditResolved({ report, fail, count, watch, calls, plan }: Audited, call: Call): void {
  count('row success: resolves');
  if (call.type === 'execute') {
    const { value } = call.outcome as { value: { outputs: Record<string, unknown> } };
    for (const [key, output] of Object.entries(value.outputs)) {
      const isUntrue =
        Reflect.get(Object(output), 'status') === 'success' && !report.effects.has(key);
      if (isUntrue && calls.packed.has(key)) fail('truth', `${call.label}: no effect of ${key}`);
    }
    return;
  }
  if (call.isAccepted === false) {
    // Another call may have had the key.
    if (report.effects.has(call.key) && !call.key.startsWith('own-key')) {
      fail('left out', `${call.label} took effect`);
    }
    return;
  }
  if (!report.effects.has(call.key)) fail('truth', `${call.label} resolved without effect`);
  // No other answer comes for it then, unless copies of its request are on their way.
  if (call.item?.isUsed && !holdsUp(plan)) {
    fail('own result', `${call.label} resolved, though its key was refused`);
  }
  if (watch.failuresOf(call.key) > 0 && call.item?.calls.length === 1) {
    // Another call may have had the key before.
    const others = watchersOf(call).filter((one) => one.outcome?.kind === 'rejected');
    if (others.length === 0 && !call.key.startsWith('own-key')) {
      fail('settled once', `${call.label} resolved, and was reported as failed`);
    }
  }
}

function watchersOf({ item }: Call): readonly Call[] {
  return item?.calls ?? [];
}

function auditRejected(audited: Audited, call: Call, error: unknown): void {
  const { report, fail, watch, plan, calls } = audited;
  const { code, maybeApplied, apiCode, status, cause } = readError(error);
  const isAbort = code === undefined;
  audited.count(rowOf(error));
  if (isAbort) {
    if (error !== call.signal?.reason) fail('own error', `${call.label}: ${String(error)}`);
    return;
  }
  // What the server says depends on what is there, and a copy of the request that was held up may find
  // it otherwise.
  const isChangeable = holdsUp(plan) && apiCode !== undefined;
  if (!maybeApplied && call.item?.effectAt !== undefined && !isChangeable) {
    fail('truth', `${call.label} rejected as not applied (${code}), but it took effect`);
  }
  if (call.type === 'execute') {
    const applied = [...calls.packed].some(([key, one]) => one === call && report.effects.has(key));
    if (!maybeApplied && applied) fail('truth', `${call.label} took effect (${code})`);
    return;
  }
  const last = watch.lastSentFor.get(call);
  const size = last?.items.length ?? 0;
  switch (code) {
    case 'DEPENDENCY_FAILED': {
      const { relations } = call.item ?? call;
      const needed = [...neededBy(relations), relations.mayUse];
      if (!needed.some((thing) => thing !== undefined && hasFailed(thing))) {
        fail('dependency failed', `${call.label}: nothing that it needs has failed`);
      }
      break;
    }
    case 'SKIPPED':
      if (readError(cause).idempotencyKey === call.key) {
        fail('innocence', `${call.label} was skipped for itself`);
      }
      break;
    case 'RETRY_EXHAUSTED':
    case 'CONTRACT_BROKEN':
      auditGivenUp(audited, call, error, size);
      break;
    case 'VALIDATION_FAILED':
    case 'NOT_FOUND':
    case 'CONFLICT':
    case 'AUTH_FAILED':
    case 'API_ERROR':
      if (status === undefined && cause === undefined) {
        if (apiCode === USED_CODE) auditUsed(audited, call, error);
        const own = report.ran.some((ran) => ran.key === call.key && ran.code === apiCode);
        if (!own) fail('innocence', `${call.label} got an error (${apiCode}) that is not its own`);
      } else if (status === 400 || status === 413 || status === 422) {
        if (size !== 1) fail('innocence', `${call.label} was refused in a request of ${size}`);
        if (isPoisonOnly(plan) && call.fate !== `poison ${status}`) {
          fail('innocence', `${call.label} was refused (${status}) for a neighbour`);
        }
      } else if (status !== undefined && last?.result !== status) {
        fail('innocence', `${call.label}: ${status}, but its request had ${last?.result}`);
      }
      break;
    default:
  }
}

/** Its key was used before: by an attempt of its own, or, if it was sent once, by somebody else. */
function auditUsed({ fail, watch }: Audited, { item, label }: Call, error: unknown): void {
  const { code, maybeApplied } = readError(error);
  if (code !== 'CONFLICT') fail('own error', `${label}: ${code} for a key that was used before`);
  if (maybeApplied && item !== undefined && watch.wire.sendsOf(item) === 1) {
    fail('truth', `${label} is in doubt, though nothing had been sent by its key`);
  }
}

/** What became of it, nobody can say: in doubt, unless its caller had left. */
function auditMalformed({ label, outcome }: Call, fail: Fail): void {
  const { code, maybeApplied } = readError(outcome?.kind === 'rejected' ? outcome.error : {});
  const hasLeft = outcome?.kind === 'rejected' && code === undefined;
  if (hasLeft || (code === 'CONTRACT_BROKEN' && maybeApplied)) return;
  fail('own result', `${label} got an output that says nothing, and ${outcome?.kind}: ${code}`);
}

/** Attempts, or time, were used up. */
function auditGivenUp(audited: Audited, call: Call, error: unknown, size: number): void {
  const { plan, fail } = audited;
  const { message, code } = readError(error);
  if (message.includes('deliveryTimeoutMs')) {
    auditStops(audited, call);
    // Those who share an item share its time.
    const since = Math.min(...watchersOf(call).map(({ calledAt }) => calledAt), call.calledAt);
    const waited = (call.outcome?.at ?? 0) - since;
    if (waited < plan.options.deliveryTimeoutMs) {
      fail('innocence', `${call.label} was given up after ${waited} ms`);
    }
    if (isCalm(plan) || endsInTime(plan))
      fail('no stall', `${call.label} was not answered in ${waited} ms`);
    return;
  }
  // Of an item that its callers had left nobody can say what became of it.
  if (message.includes('The output for') && call.item?.isMalformed === false) {
    fail('innocence', `${call.label} was given up for the output of another`);
  }
  const isOwnOutput =
    message.includes('no output for') ||
    message.includes('cannot be read') ||
    message.includes('an error that may pass');
  if (!isOwnOutput && size !== 1) {
    fail('innocence', `${call.label} was given up (${code}) in a request of ${size}`);
  }
  // Its own passing errors, and the first loss of an outage, may use up few attempts.
  const isOutageOnly =
    plan.options.retry.limit - ownErrorsOf(call) >= 4 && isPoisonOnly({ ...plan, outages: [] });
  const isCulprit = call.fate?.startsWith('poison 500') || call.fate === 'poison drop';
  if ((isPoisonOnly(plan) || isOutageOnly) && !isOwnOutput && !isCulprit) {
    fail('innocence', `${call.label} was given up for a neighbour: ${message}`);
  }
}

/** Its time was over: not for an answer that was there, nor, with the process stopped, before it was sent. */
function auditStops({ plan, fail, watch }: Audited, call: Call): void {
  const since = Math.min(...watchersOf(call).map(({ calledAt }) => calledAt), call.calledAt);
  const over = since + plan.options.deliveryTimeoutMs;
  const last = watch.lastSentFor.get(call);
  const endedAt = call.outcome?.at ?? 0;
  const isThere = last?.succeeded?.has(call.key) && last.heldUntil === endedAt;
  if (isThere && last?.heldUntil !== undefined && last.heldUntil - over > 10) {
    fail('stops', `${call.label} was given up beside its answer`);
  }
  // Only a timer that is a second late says that the process stood still.
  if (last === undefined && isFrozenOnly(plan) && endedAt - over > 1_000) {
    fail('stops', `${call.label} was given up before it was sent`);
  }
}

/** Attempts that the item's own errors may use up. */
function ownErrorsOf({ fate }: Call): number {
  if (fate === 'passes once') return 1;
  if (fate === 'passes twice') return 2;
  return fate === 'never passes' ? Number.POSITIVE_INFINITY : 0;
}

/** On the server, everything took effect in the order of what depends on what. */
function auditOrder(items: readonly Item[], plan: Plan, fail: Fail): void {
  for (const item of items) {
    if (item.effectAt === undefined) continue;
    // What was held up may have done it, for an item of that key that was given up since.
    if (holdsUp(plan) && items.find(({ key }) => key === item.key) !== item) continue;
    for (const earlier of item.after) {
      // Nobody waits for it any more, and it is on its way: the others cannot wait for it for ever.
      if (holdsUp(plan) && isGivenUp(earlier)) continue;
      if (earlier.effectAt !== undefined && earlier.effectAt > item.effectAt) {
        fail('order', `${item.label} took effect before ${earlier.label}`);
      }
    }
  }
}

function isGivenUp({ calls }: Item): boolean {
  return calls.every(({ outcome }) => outcome?.kind === 'rejected');
}

/** Each failed call is told of once; an aborted one is not, since its caller knows. */
function auditFailures({ calls, watch, fail }: Audited): void {
  const expected = new Map<string, number>();
  for (const { outcome, key, type } of calls.calls) {
    const isTold = outcome?.kind === 'rejected' && readError(outcome.error).code !== undefined;
    if (type !== 'execute') expected.set(key, (expected.get(key) ?? 0) + (isTold ? 1 : 0));
  }
  for (const [key, times] of expected) {
    const told = watch.failuresOf(key);
    if (told !== times) fail('settled once', `${key} failed ${times} times, told ${told} times`);
  }
}

function auditBooks({ calls, client, fail }: Audited): void {
  const own: Record<Column | 'accepted' | 'succeeded', number> = {
    accepted: 0,
    succeeded: 0,
    refused: 0,
    notAttempted: 0,
    inDoubt: 0,
    cancelled: 0,
    declined: 0,
  };
  for (const call of calls.calls) {
    const { outcome, isAccepted, signal, type } = call;
    if (outcome === undefined) continue;
    if (type === 'execute') continue;
    if (isAccepted) own.accepted++;
    if (outcome.kind === 'resolved') own[isAccepted ? 'succeeded' : 'declined']++;
    else own[columnOf(outcome.error, isAccepted === true, signal?.aborted === true)]++;
  }
  const { pending, ...ledger } = client.stats().ledger;
  for (const [column, times] of Object.entries(own)) {
    const booked = ledger[column as keyof typeof ledger];
    if (booked !== times) fail('books', `${column}: ${times} calls, but ${booked} in the ledger`);
  }
}

/**
 * A call that was to make it failed; or an answer gave it another id than was said. What has an id, and
 * was refused for its key, may be there: it takes nobody along. Nor does what was made before.
 */
function hasFailed({ makers, isSplit, id }: Thing): boolean {
  return (
    isSplit ||
    makers.some(
      ({ outcome }, at) =>
        outcome?.kind === 'rejected' &&
        (id === undefined || readError(outcome.error).apiCode !== USED_CODE) &&
        !makers.slice(0, at).some(hasSucceeded),
    )
  );
}

function hasSucceeded({ outcome, isAccepted }: Call): boolean {
  return isAccepted === true && outcome?.kind === 'resolved';
}

function hasError({ calls }: CallLog, code: string): boolean {
  return calls.some(
    ({ outcome }) => outcome?.kind === 'rejected' && readError(outcome.error).code === code,
  );
}
