/**
 * Clients that are wrong in one place each. On the happy path none of them shows; the simulation has to
 * catch each by the invariant that its error breaks.
 */
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SOURCES } from './farm.ts';
import type { Mutation, Sources } from './mutate.ts';
import {
  beginWith,
  call,
  change,
  condition,
  endWith,
  leaveOut,
  mutate,
  operand,
  property,
  returned,
  statement,
} from './mutate.ts';
import type { InvariantName } from './violation.ts';

export interface Mutant extends Mutation {
  readonly breaks: InvariantName;
  /** The first seed that catches it. */
  readonly seed: number;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'drops a skipped item',
    in: 'Retries.skipped',
    edit: leaveOut(statement('putBack')),
    breaks: 'no stall',
    seed: 6,
  },
  {
    name: 'takes a new key for a retry',
    in: 'ItemBatch.writeTo',
    edit: endWith(fromAttempt(3, "text.replace(item.key, item.key.slice(1) + 'x')")),
    breaks: 'same bytes',
    seed: 1,
  },
  {
    name: 'sends other bytes with a retry',
    in: 'ItemBatch.writeTo',
    edit: endWith(fromAttempt(2, "text.replace('ä', 'ab')")),
    breaks: 'same bytes',
    seed: 1,
  },
  {
    name: 'ignores what an item uses by its id',
    in: 'Order.join',
    edit: beginWith("uses = uses?.filter((name) => typeof name !== 'string');"),
    breaks: 'order',
    seed: 1,
  },
  {
    name: 'lets the end of a run overtake the finish of an unknown span',
    in: 'DependencyTracker.of',
    edit: leaveOut(property('follows')),
    breaks: 'order',
    seed: 112,
  },
  {
    name: 'settles those twice who share a key',
    in: 'Intake.share',
    edit: change(call('join'), (join) => `(${join}, ${join})`),
    breaks: 'books',
    seed: 31,
  },
  {
    name: 'puts one item too many into a batch',
    in: 'Packer.pack',
    edit: beginWith('limits = { ...limits, maxItems: limits.maxItems + 1 };'),
    breaks: 'bounds',
    seed: 3,
  },
  {
    name: 'forgets the bytes between two items of a half',
    in: 'Packer.repack',
    edit: change(call('max'), '0'),
    breaks: 'exact bytes',
    seed: 10,
  },
  {
    name: 'has no limit of requests in flight',
    in: 'Dispatcher.next',
    edit: leaveOut(condition('concurrency')),
    breaks: 'bounds',
    seed: 1,
  },
  {
    name: 'gives one error to all who were refused together',
    in: 'ErrorMaker.errorOf',
    edit: change(call('refusal'), (refusal) => onlyOnce('this.#causes', 'reason.failure', refusal)),
    breaks: 'own error',
    seed: 6,
  },
  {
    name: 'charges a lost request to all of its items',
    in: 'Retries.lost',
    edit: leaveOut(operand('isAlone', 'charge')),
    breaks: 'innocence',
    seed: 29,
  },
  {
    name: 'rejects all of a refused batch',
    in: 'Replies.refused',
    edit: change(operand('isDivisible', 'wasAlone'), "blame === 'bytes'"),
    breaks: 'innocence',
    seed: 10,
  },
  {
    name: 'overtakes in a halved batch',
    in: 'Packer.repack',
    edit: change(call('waitsOnlyForPacked'), 'true'),
    breaks: 'order',
    seed: 19,
  },
  {
    name: 'puts a suspect last, and not those who wait for it',
    in: 'followsSuspect',
    edit: beginWith('return false;'),
    breaks: 'order',
    seed: 12,
  },
  {
    name: 'forgets the gate',
    in: 'Dispatcher.next',
    edit: leaveOut(condition('opensAt')),
    breaks: 'pause kept',
    seed: 6,
  },
  {
    name: 'sends batches that callers packed beside the limit of requests',
    in: 'Dispatcher.next',
    edit: change(
      condition('concurrency'),
      (isFull) => `${isFull} && !(isFixedsTurn && fixed.queue.why === 'packed')`,
    ),
    breaks: 'bounds',
    seed: 31,
  },
  {
    name: 'sends what needs something that failed',
    in: 'Settlement.follow',
    edit: leaveOut(condition('failsAlone')),
    breaks: 'no orphans',
    seed: 17,
  },
  {
    name: 'forgets what could not be made',
    in: 'Settlement.remember',
    edit: leaveOut(statement('failed')),
    breaks: 'no orphans',
    seed: 13,
  },
  {
    name: 'says of what was taken along that it was not done',
    in: 'Settlement.takeAlong',
    edit: change(property('maybeApplied'), 'false'),
    breaks: 'truth',
    seed: 652,
  },
  {
    name: 'forgets that a lost request may have been done',
    in: 'Retries.lost',
    edit: leaveOut(statement('maybeApplied')),
    breaks: 'truth',
    seed: 34,
  },
  {
    name: 'ends an item in flight with its last caller',
    in: 'Cancellation.withdraw',
    edit: leaveOut(operand('isInFlight', 'isNeeded')),
    breaks: 'order',
    seed: 92,
  },
  {
    name: 'sleeps on when a pause is over',
    in: 'Dispatcher.nextTime',
    edit: change(
      condition('time'),
      (isNext) => `${isNext} && time !== gate.opensAt && time !== spacing.opensAt`,
    ),
    breaks: 'no stall',
    seed: 1,
  },
  {
    name: 'never sends what has waited for long',
    in: 'Dispatcher.reasonToPack',
    edit: leaveOut(condition('agedAt')),
    breaks: 'no stall',
    seed: 789,
  },
  {
    name: 'matches outputs by their place',
    in: 'outcomesOf',
    edit: beginWith(`
      if (!Array.isArray(outputs)) {
        const byKey = outputs as PackedAnswer['outputs'];
        const values = Object.values(byKey);
        outputs = Object.fromEntries(
          items.flatMap(({ key }, place) => (Object.hasOwn(byKey, key) ? [[key, values[place]]] : [])),
        );
      }`),
    breaks: 'own result',
    seed: 145,
  },
  {
    name: 'reads outputs in the order in which they come',
    in: 'OutputKeyFinder.indexAt',
    edit: change(call('get'), (place) => `(${place} === undefined ? undefined : this.#last + 1)`),
    breaks: 'own result',
    seed: 1,
  },
  {
    name: 'reads the outputs behind one that is left out into its place',
    in: 'readOutputs',
    edit: change(returned('read'), 'outputs.filter((output) => output !== undefined)'),
    breaks: 'own result',
    seed: 145,
  },
  {
    name: 'shares a key whatever is asked for',
    in: 'Intake.share',
    edit: leaveOut(operand('submission', 'fingerprint')),
    breaks: 'key conflict',
    seed: 56,
  },
  {
    name: 'takes in more than the queue may hold',
    in: 'Bounds.brokenBy',
    edit: change(condition('size'), 'this.#fill.size > maxItems'),
    breaks: 'queue bounds',
    seed: 4,
  },
  {
    name: 'lets an agent wait for ever',
    in: 'Loop.wake',
    edit: leaveOut(statement('expire')),
    breaks: 'settled in time',
    seed: 63,
  },
  {
    name: 'shows the token',
    in: 'TokenSource.redact',
    edit: beginWith('return text;'),
    breaks: 'token hidden',
    seed: 21,
  },
  {
    name: 'listens to a signal after the end',
    in: 'Callers.book',
    edit: leaveOut(statement('unsubscribe')),
    breaks: 'idle at the end',
    seed: 3,
  },
  {
    name: 'enters a batch that the caller packed in the books',
    in: 'PackedBatch.constructor',
    edit: endWith('this.weight = 1;'),
    breaks: 'books',
    seed: 4,
  },
  {
    name: 'enters in the books that a call failed only when that was told',
    in: 'Callers.book',
    edit: change(statement('columnOf'), (entry) => `queueMicrotask(() => { ${entry} });`),
    breaks: 'books',
    seed: 3,
  },
  {
    name: 'takes a hook that throws for one that leaves the call out',
    in: 'askHook',
    edit: change(
      call('hook'),
      (asked) => `(() => { try { return ${asked}; } catch { return null; } })()`,
    ),
    breaks: 'left out',
    seed: 47,
  },
  {
    name: 'leaves the promise of a hook to itself',
    in: 'askHook',
    edit: change(call('catchRejection'), 'answer instanceof Promise'),
    breaks: 'unhandled',
    seed: 8,
  },
  {
    name: 'lets a second create that failed take the first one along',
    in: 'Settlement.failsAlone',
    edit: beginWith('return false;'),
    breaks: 'dependency failed',
    seed: 18,
  },
  {
    name: 'gives one result to all who share a key',
    in: 'outcomesOf',
    edit: leaveOut(call('verdictsOfOthers')),
    breaks: 'own result',
    seed: 31,
  },
  {
    name: 'takes a key that was used before for a success',
    in: 'OutputReader.read',
    edit: change(
      condition('status'),
      (isError) => `${isError} && own(output, 'code') !== 'idempotency_key_already_used'`,
    ),
    breaks: 'own result',
    seed: 218,
  },
  {
    name: 'resolves with the refusal of a key that may have been used by an attempt of its own',
    in: 'Replies.said',
    edit: beginWith(`
      if (verdict.kind === 'error' && verdict.conflict === 'used' && item.maybeApplied) {
        effects.ends.push({ kind: 'succeeded', item, value: output, others, id: undefined });
        return;
      }`),
    breaks: 'own result',
    seed: 14,
  },
  {
    name: 'is sure that a key which was used before was used by others',
    in: 'errorReason',
    edit: change(property('maybeApplied'), "maybeApplied && conflict !== 'used'"),
    breaks: 'truth',
    seed: 14,
  },
  {
    name: 'takes along who needs what its key may have made',
    in: 'Replies.said',
    edit: leaveOut(operand('used')),
    breaks: 'dependency failed',
    seed: 18,
  },
  {
    name: 'is sure that nothing was done where an output says nothing',
    in: 'brokenContract',
    edit: change(property('maybeApplied'), "problem === 'missing output'"),
    breaks: 'truth',
    seed: 9,
  },
  {
    name: 'takes a status that is neither word for a success',
    in: 'OutputReader.read',
    edit: change(condition('status'), "own(output, 'status') === 'error'"),
    breaks: 'own result',
    seed: 9,
  },
  {
    name: 'forgets that what got too large an answer may have been done',
    in: 'Retries.oversized',
    edit: leaveOut(statement('maybeApplied')),
    breaks: 'truth',
    seed: 10,
  },
  {
    name: 'takes too large an answer for a lost one',
    in: 'Replies.apply',
    edit: leaveOut(condition('oversized')),
    breaks: 'halved',
    seed: 25,
  },
  {
    name: 'cannot read a date in Retry-After',
    in: 'parseHttpDate',
    edit: beginWith('return undefined;'),
    breaks: 'pause kept',
    seed: 48,
  },
  {
    name: 'sends what needs what the hook left out',
    in: 'LeftOutCalls.needsLeftOut',
    edit: leaveOut(condition('references')),
    breaks: 'left out',
    seed: 64,
  },
  {
    name: 'sends what the hook was given, not what it gave back',
    in: 'CallPipeline.isLeftOut',
    edit: leaveOut(statement('replace')),
    breaks: 'left out',
    seed: 24,
  },
  {
    name: 'packs one item more where items fail often',
    in: 'FailureCut.limit',
    edit: change(returned('WORTH_CUTTING'), (limit) => `(${limit}) + 1`),
    breaks: 'bounds',
    seed: 18,
  },
  {
    name: 'lets timers that are late win over answers that are there',
    in: 'FairTimeouts.expire',
    edit: leaveOut(condition('now')),
    breaks: 'stops',
    seed: 15,
  },
  {
    name: 'tells of each failed probe as of an outage of its own',
    in: 'ServerHealth.countFailed',
    edit: beginWith('this.#isOutage = false;'),
    breaks: 'health',
    seed: 1,
  },
];

/** Writes another text over that of each item in its attempts from that one on; it must be as long. */
function fromAttempt(attempt: number, other: string): string {
  return `
    for (const [index, item] of this.#items.entries()) {
      const text = item.text as string;
      const before = this.#items.slice(0, index).reduce((sum, { bytes }) => sum + bytes + 1, at);
      if (item.attempts >= ${attempt}) body.set(new TextEncoder().encode(${other}), before);
    }`;
}

/** Has a value made for a key the first time only, and kept in a map. */
function onlyOnce(map: string, key: string, value: string): string {
  return `(${map}.has(${key}) || ${map}.set(${key}, ${value}), ${map}.get(${key}))`;
}

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Writes the mutant's sources to a folder of their own, and returns that. */
export function writeMutant(mutant: Mutant): string {
  const src = copySources();
  const { path, text } = mutate(sourcesIn(src), mutant);
  writeFileSync(join(src, path), text);
  return src;
}

/** Copies `src/` to a folder in which it finds what it imports. */
export function copySources(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
  const src = join(folder, 'src');
  cpSync(SOURCES, src, { recursive: true });
  cpSync(join(REPOSITORY, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'), 'dir');
  return src;
}

export function sourcesIn(src: string): Sources {
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' });
  return new Map(
    paths
      .filter((path) => path.endsWith('.ts'))
      .map((path) => [path, readFileSync(join(src, path), 'utf8')]),
  );
}
