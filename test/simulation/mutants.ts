/**
 * Clients that are wrong in one place. The happy path does not tell: each must be caught by the
 * simulation, and by the invariant that is about what it does wrong.
 */
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SOURCES } from './farm.ts';
import type { InvariantName } from './violation.ts';

export interface Mutant {
  /** What it does. */
  readonly name: string;
  /** In src/. */
  readonly file: string;
  /** Stands there once, and is replaced. */
  readonly from: string;
  readonly to: string;
  readonly breaks: InvariantName;
  /** The first seed that catches it. */
  readonly seed: number;
}

/** Where the texts of a batch are copied into its body. */
const COPY = 'copyTexts(this.#items, body, at, separator);';

/** Writes another text over that of each item in its attempts from that one on; it must be as long. */
function fromAttempt(attempt: number, other: string): string {
  return `
    for (const [index, item] of this.#items.entries()) {
      const text = item.text as string;
      const before = this.#items.slice(0, index).reduce((sum, { bytes }) => sum + bytes + 1, at);
      if (item.attempts >= ${attempt}) body.set(new TextEncoder().encode(${other}), before);
    }`;
}

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Writes the mutant's sources to a folder of their own; returns that of its `client.ts`. */
export function writeMutant({ file, from, to }: Mutant): string {
  const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
  const src = join(folder, 'src');
  cpSync(SOURCES, src, { recursive: true });
  cpSync(join(REPOSITORY, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const path = join(src, file);
  const parts = readFileSync(path, 'utf8').split(from);
  if (parts.length !== 2) {
    throw new Error(
      `src/${file} has ${parts.length - 1} places of ${JSON.stringify(from)}, where a mutant needs one. Bring test/simulation/mutants.ts up to date.`,
    );
  }
  writeFileSync(path, parts.join(to));
  return src;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'drops a skipped item',
    file: 'coalescer/attempts.ts',
    from: '      this.#backlog.putBack(item, 0);\n',
    to: '',
    breaks: 'no stall',
    seed: 19,
  },
  {
    name: 'takes a new key for a retry',
    file: 'coalescer/under-way.ts',
    from: COPY,
    to: COPY + fromAttempt(3, "text.replace(item.key, item.key.slice(1) + 'x')"),
    breaks: 'same bytes',
    seed: 1,
  },
  {
    name: 'sends other bytes with a retry',
    file: 'coalescer/under-way.ts',
    from: COPY,
    to: COPY + fromAttempt(2, "text.replace('ä', 'ab')"),
    breaks: 'same bytes',
    seed: 1,
  },
  {
    name: 'ignores what an item uses by its id',
    file: 'coalescer/order.ts',
    from: 'for (const name of uses ?? []) this.#stand(item, this.#resources.of(name), true);',
    to: "for (const name of uses ?? []) if (typeof name !== 'string') this.#stand(item, this.#resources.of(name), true);",
    breaks: 'order',
    seed: 3,
  },
  {
    name: 'lets the end of a run overtake the finish of an unknown span',
    file: 'resources/dependencies.ts',
    from: 'follows: ANY_SPAN, ',
    to: '',
    breaks: 'order',
    seed: 18,
  },
  {
    name: 'settles those twice who share a key',
    file: 'coalescer/intake.ts',
    from: '    if (!item.isAwaited) backlog.renew(item, this.#now());\n',
    to: '    calls.join(item, submission.readAs, undefined);\n',
    breaks: 'books',
    seed: 3,
  },
  {
    name: 'puts one item too many into a batch',
    file: 'coalescer/packer.ts',
    from: 'while (items.length < maxItems &&',
    to: 'while (items.length <= maxItems &&',
    breaks: 'bounds',
    seed: 2,
  },
  {
    name: 'forgets the bytes between two items of a half',
    file: 'coalescer/packer.ts',
    from: 'envelopeBytes + separatorBytes * Math.max(0, items.length - 1),',
    to: 'envelopeBytes,',
    breaks: 'exact bytes',
    seed: 8,
  },
  {
    name: 'has no limit of requests in flight',
    file: 'coalescer/dispatcher.ts',
    from: '    if (underWay.size >= capacity.concurrency.limit) return undefined;\n',
    to: '',
    breaks: 'bounds',
    seed: 3,
  },
  {
    name: 'gives one error to all who were refused together',
    file: 'to-error.ts',
    from: '        return this.#refusal(reason.failure, details, audience);',
    to: `        if (!this.#causes.has(reason.failure)) {
          this.#causes.set(reason.failure, this.#refusal(reason.failure, details, audience));
        }
        return this.#causes.get(reason.failure);`,
    breaks: 'own error',
    seed: 6,
  },
  {
    name: 'charges a lost request to all of its items',
    file: 'coalescer/attempts.ts',
    from: 'if (counts && !this.#charge(item) && isAlone) {',
    to: 'if (counts && !this.#charge(item)) {',
    breaks: 'innocence',
    seed: 32,
  },
  {
    name: 'rejects all of a refused batch',
    file: 'coalescer/replies.ts',
    from: 'if (isDivisible && !wasAlone) {',
    to: "if (blame === 'bytes' && !wasAlone) {",
    breaks: 'innocence',
    seed: 10,
  },
  {
    name: 'overtakes in a halved batch',
    file: 'coalescer/packer.ts',
    from: 'const fits = ridesWithAll(item, boarding.batch);',
    to: 'const fits = true;',
    breaks: 'order',
    seed: 8,
  },
  {
    name: 'puts a suspect last, and not those who wait for it',
    file: 'coalescer/packer.ts',
    from: '(waits && item.groups.some(waitsForTainted))',
    to: 'false',
    breaks: 'order',
    seed: 17,
  },
  {
    name: 'forgets the gate',
    file: 'coalescer/dispatcher.ts',
    from: '    if (now < capacity.gate.opensAt || now < capacity.spacing.opensAt) return undefined;\n',
    to: '',
    breaks: 'pause kept',
    seed: 6,
  },
  {
    name: 'sends batches that callers packed beside the limit of requests',
    file: 'coalescer/dispatcher.ts',
    from: 'if (underWay.size >= capacity.concurrency.limit) return undefined;',
    to: "if (underWay.size >= capacity.concurrency.limit) return part?.line.why === 'packed' ? { reason: 'packed', part } : undefined;",
    breaks: 'bounds',
    seed: 24,
  },
  {
    name: 'sends what needs something that failed',
    file: 'coalescer/cascade.ts',
    from: 'if (!this.#failsAlone(item, name)) this.#takeAlong(item, causeOf(end), ends);',
    to: '',
    breaks: 'no orphans',
    seed: 17,
  },
  {
    name: 'forgets what could not be made',
    file: 'coalescer/cascade.ts',
    from: '      fates.failed(name, causeOf(end));\n',
    to: '',
    breaks: 'no orphans',
    seed: 6,
  },
  {
    name: 'says of what was taken along that it was not done',
    file: 'coalescer/cascade.ts',
    from: '      const { maybeApplied } = dependent;\n',
    to: '      const maybeApplied = false;\n',
    breaks: 'truth',
    seed: 1909,
  },
  {
    name: 'forgets that a lost request may have been done',
    file: 'coalescer/attempts.ts',
    from: `    setbacks.maybeApplied = true;
    setbacks.answersSeen = answers;`,
    to: '    setbacks.answersSeen = answers;',
    breaks: 'truth',
    seed: 34,
  },
  {
    name: 'ends an item in flight with its last caller',
    file: 'coalescer/withdrawals.ts',
    from: 'if (isItsLast && !isInFlight && !this.#isNeeded(item)) {',
    to: 'if (isItsLast && !this.#isNeeded(item)) {',
    breaks: 'order',
    seed: 139,
  },
  {
    name: 'sleeps on when a pause is over',
    file: 'coalescer/dispatcher.ts',
    from: 'parts.dueAt, gate.opensAt, spacing.opensAt]',
    to: 'parts.dueAt]',
    breaks: 'no stall',
    seed: 17,
  },
  {
    name: 'never sends what has waited for long',
    file: 'coalescer/dispatcher.ts',
    from: "return now >= this.#agedAt() ? 'aged' : undefined;",
    to: 'return undefined;',
    breaks: 'no stall',
    seed: 162,
  },
  {
    name: 'matches outputs by their place',
    file: 'coalescer/outcome.ts',
    from: '? byKey[key]',
    to: '? Object.values(byKey)[place]',
    breaks: 'own result',
    seed: 145,
  },
  {
    name: 'reads outputs in the order in which they come',
    file: 'transport/bulk-transport.ts',
    from: '    this.#last = place;\n    return place;',
    to: '    return ++this.#last;',
    breaks: 'own result',
    seed: 1,
  },
  {
    name: 'reads the outputs behind one that is left out into its place',
    file: 'transport/bulk-transport.ts',
    from: 'outputs.length === read ? outputs : undefined',
    to: 'outputs.filter((output) => output !== undefined)',
    breaks: 'own result',
    seed: 145,
  },
  {
    name: 'shares a key whatever is asked for',
    file: 'coalescer/intake.ts',
    from: 'fingerprint === undefined || fingerprint !== submission.fingerprint',
    to: 'item.fingerprint === undefined',
    breaks: 'key conflict',
    seed: 56,
  },
  {
    name: 'takes in more than the queue may hold',
    file: 'coalescer/bounds.ts',
    from: 'if (this.#fill.size + 1 > maxItems)',
    to: 'if (this.#fill.size > maxItems)',
    breaks: 'queue bounds',
    seed: 4,
  },
  {
    name: 'lets an agent wait for ever',
    file: 'coalescer/cycle.ts',
    from: '      withdrawals.expire(time - this.#settings.deliveryTimeoutMs);\n',
    to: '',
    breaks: 'settled in time',
    seed: 3,
  },
  {
    name: 'shows the token',
    file: 'transport/bulk-transport.ts',
    from: 'const redact = (text: string): string => http.auth.redact(text);',
    to: 'const redact = (text: string): string => text;',
    breaks: 'token hidden',
    seed: 21,
  },
  {
    name: 'listens to a signal after the end',
    file: 'coalescer/calls.ts',
    from: 'if (follower !== undefined) this.#signals.leave(follower);',
    to: '',
    breaks: 'idle at the end',
    seed: 4,
  },
  {
    name: 'enters a batch that the caller packed in the books',
    file: 'coalescer/packed-batch.ts',
    from: 'PackedBatch.prototype.weight = 0;\n',
    to: '',
    breaks: 'books',
    seed: 4,
  },
  {
    name: 'enters in the books that a call failed only when that was told',
    file: 'coalescer/calls.ts',
    from: "    this.#ledger[end.kind === 'succeeded' ? 'succeeded' : columnOf(end.reason)] += weight;\n",
    to: `    if (end.kind === 'succeeded') this.#ledger.succeeded += weight;
    else queueMicrotask(() => (this.#ledger[columnOf(end.reason)] += weight));
`,
    breaks: 'books',
    seed: 3,
  },
  {
    name: 'takes a hook that throws for one that leaves the call out',
    file: 'resources/hook.ts',
    from: "throw new InvalidCall([{ path: 'beforeEnqueue', message: 'threw (see cause)' }], cause);",
    to: 'return null;',
    breaks: 'left out',
    seed: 22,
  },
  {
    name: 'leaves the promise of a hook to itself',
    file: 'resources/hook.ts',
    from: 'const isAsync = handled(answer, () => {});',
    to: 'const isAsync = answer instanceof Promise;',
    breaks: 'unhandled',
    seed: 47,
  },
  {
    name: 'lets a second create that failed take the first one along',
    file: 'coalescer/cascade.ts',
    from: 'return this.#parts.fates.isThere(name) || this.#parts.backlog.isMadeEarlier(item);',
    to: 'return false;',
    breaks: 'dependency failed',
    seed: 18,
  },
  {
    name: 'gives one result to all who share a key',
    file: 'coalescer/outcome.ts',
    from: 'waiting?.size ? othersOf(waiting, output, read) : undefined',
    to: 'undefined',
    breaks: 'own result',
    seed: 31,
  },
  {
    name: 'takes a key that was used before for a success',
    file: 'resources/reader.ts',
    from: "if (own(output, 'status') !== 'success') return readFailure(output);",
    to: "if (own(output, 'status') !== 'success' && own(output, 'code') !== 'idempotency_key_already_used') return readFailure(output);",
    breaks: 'own result',
    seed: 218,
  },
  {
    name: 'resolves with the refusal of a key that may have been used by an attempt of its own',
    file: 'coalescer/replies.ts',
    from: '        const { code, retryAfterMs, conflict } = verdict;\n',
    to: `          const { code, retryAfterMs, conflict } = verdict;
          if (conflict === 'used' && item.maybeApplied) {
            const id = item.makes?.id;
            step.ends.push({ kind: 'succeeded', item, value: { id, ...(output as object) }, id });
            break;
          }
`,
    breaks: 'own result',
    seed: 14,
  },
  {
    name: 'is sure that a key which was used before was used by others',
    file: 'coalescer/attempts.ts',
    from: 'item.maybeApplied && conflict !== undefined;',
    to: "item.maybeApplied && conflict !== undefined && conflict !== 'used';",
    breaks: 'truth',
    seed: 14,
  },
  {
    name: 'takes along who needs what its key may have made',
    file: 'coalescer/replies.ts',
    from: "conflict === 'exists' || conflict === 'used';",
    to: "conflict === 'exists';",
    breaks: 'dependency failed',
    seed: 18,
  },
  {
    name: 'is sure that nothing was done where an output says nothing',
    file: 'coalescer/attempts.ts',
    from: "return { kind: 'contract', problem, output, maybeApplied: true };",
    to: "return { kind: 'contract', problem, output, maybeApplied: problem === 'missing output' };",
    breaks: 'truth',
    seed: 9,
  },
  {
    name: 'takes a status that is neither word for a success',
    file: 'resources/reader.ts',
    from: "if (own(output, 'status') !== 'success') return readFailure(output);",
    to: "if (own(output, 'status') === 'error') return readFailure(output);",
    breaks: 'own result',
    seed: 9,
  },
  {
    name: 'forgets that what got too large an answer may have been done',
    file: 'coalescer/attempts.ts',
    from: `    setbacks.maybeApplied = true;
    setbacks.last = { kind: 'failure', failure };
    if (this.isDone(item)) {
      drop(step, item);
      return false;
    }
    const isOver`,
    to: `    setbacks.last = { kind: 'failure', failure };
    if (this.isDone(item)) {
      drop(step, item);
      return false;
    }
    const isOver`,
    breaks: 'truth',
    seed: 10,
  },
  {
    name: 'takes too large an answer for a lost one',
    file: 'coalescer/replies.ts',
    from: 'if (reply.oversized) this.#oversized',
    to: 'if (false) this.#oversized',
    breaks: 'halved',
    seed: 25,
  },
  {
    name: 'cannot read a date in Retry-After',
    file: 'internal/pause.ts',
    from: 'return at === undefined ? undefined : Math.max(0, at - now);',
    to: 'return undefined;',
    breaks: 'pause kept',
    seed: 48,
  },
  {
    name: 'sends what needs what the hook left out',
    file: 'resources/left-out.ts',
    from: '    if (kind.references.some(({ name }) => this.find(fields[name]) !== undefined)) return true;\n',
    to: '',
    breaks: 'left out',
    seed: 17,
  },
  {
    name: 'sends what the hook was given, not what it gave back',
    file: 'resources/pipeline.ts',
    from: '      this.#replace(draft, action);\n',
    to: '',
    breaks: 'left out',
    seed: 64,
  },
  {
    name: 'packs one item more where items fail often',
    file: 'coalescer/capacity.ts',
    from: 'return limit > WORTH * whole ? whole : limit;',
    to: 'return limit > WORTH * whole ? whole + 1 : limit;',
    breaks: 'bounds',
    seed: 18,
  },
  {
    name: 'lets timers that are late win over answers that are there',
    file: 'internal/patience.ts',
    from: 'if (this.#clock.now() - at > BEHIND_MS) return this.#afterReading(run);',
    to: '',
    breaks: 'stops',
    seed: 15,
  },
  {
    name: 'tells of each failed probe as of an outage of its own',
    file: 'coalescer/health.ts',
    from: '    this.#isOutage = true;\n',
    to: '',
    breaks: 'health',
    seed: 1,
  },
];
