import { describe, expect, test } from 'vitest';
import type { FailedItem, Reason } from '../../../src/coalescer/index.ts';
import { endsOf, engineUnderTest, reasonOf, referring, submission } from '../../helpers/engine.ts';
import { no, ok } from '../../helpers/scripted-send.ts';
import { countSteps } from '../../helpers/steps.ts';

describe('when what an item was to make could not be made', () => {
  test('all who need it are rejected, and theirs in turn, and nothing of that is sent', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const calls = [
      t.call('root', { makes: 'root' }),
      t.call('child', { makes: 'child', uses: ['root'] }),
      t.call('grandchild', { makes: 'grandchild', uses: ['child'] }),
      t.call('child finish', { changes: 'child' }),
      t.call('root finish', { changes: 'root' }),
      t.call('other'),
    ];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('root');
    await t.answerAll();
    expect(t.wire.batches).toEqual([['root'], ['other']]);
    expect(await endsOf(...calls)).toEqual(['error', ...Array(4).fill('dependency'), 'ok']);
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 6, succeeded: 1, refused: 5 });
    t.expectIdle();
  });

  test('those who rode in its batch are rejected too, not sent again', async () => {
    const t = engineUnderTest();
    const calls = [
      t.call('root', { makes: 'root' }),
      t.call('child', { uses: ['root'] }),
      t.call('other'),
    ];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('root');
    await t.answerAll();
    expect(t.wire.batches).toEqual([['root', 'child', 'other'], ['other']]);
    expect(await endsOf(...calls)).toEqual(['error', 'dependency', 'ok']);
    t.expectIdle();
  });

  test('each of them is told what is missing, and the failure that it goes back to', async () => {
    const t = engineUnderTest();
    void t.call('root', { makes: 'root' });
    const child = t.call('child', { makes: 'child', uses: ['root'] });
    const grandchild = t.call('grandchild', { uses: ['child'] });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('root', 'bad');
    await t.answerAll();
    const because: FailedItem<unknown> = {
      key: 'root',
      reason: { kind: 'error', output: no('bad'), maybeApplied: false },
    };
    expect(await reasonOf(child)).toEqual(dependency('root', because));
    expect(await reasonOf(grandchild)).toEqual(dependency('child', because));
    t.expectIdle();
  });

  test('those who need it by a reference have no id to be told', async () => {
    const t = engineUnderTest();
    const run = t.number();
    void t.call('register', { makes: run });
    const span = t.call('span', referring('span', run));
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('register');
    await t.answerAll();
    expect(await reasonOf(span)).toMatchObject({ kind: 'dependency', resourceId: undefined });
    const later = t.call('later', referring('later', run));
    expect(await endsOf(later)).toEqual(['dependency']);
    expect(t.wire.batches).toEqual([['register']]);
    t.expectIdle();
  });

  test('who was called before it is left alone', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const before = t.call('before', { uses: ['r'] });
    const create = t.call('create', { makes: 'r' });
    await t.clock.settle();
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('create');
    expect(await endsOf(before, create)).toEqual(['ok', 'error']);
    t.expectIdle();
  });

  test('the failure ends at the next call that makes the same', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const calls = [
      t.call('first', { makes: 'r' }),
      t.call('child', { uses: ['r'] }),
      t.call('second', { makes: 'r' }),
      t.call('child of second', { uses: ['r'] }),
    ];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('first');
    await t.answerAll();
    expect(t.wire.batches).toEqual([['first'], ['second'], ['child of second']]);
    expect(await endsOf(...calls)).toEqual(['error', 'dependency', 'ok', 'ok']);
    t.expectIdle();
  });

  test('and later calls are not rejected where another pending call makes the same', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    void t.call('first', { makes: 'r' });
    const second = t.call('second', { makes: 'r' });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('first');
    await t.clock.settle();
    const child = t.call('child of second', { uses: ['r'] });
    await t.answerAll();
    expect(await endsOf(second, child)).toEqual(['ok', 'ok']);
    const later = t.call('later child', { uses: ['r'] });
    await t.answerAll();
    expect(await endsOf(later)).toEqual(['ok']);
    t.expectIdle();
  });

  test('a whole-request refusal counts as failed too', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const calls = [t.call('root', { makes: 'root' }), t.call('child', { uses: ['root'] })];
    await t.clock.settle();
    t.wire.parked[0]?.refuse();
    expect(await endsOf(...calls)).toEqual(['refused', 'dependency']);
    expect(t.wire.batches).toEqual([['root']]);
    t.expectIdle();
  });

  test('an unreadable output counts as failed too', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const calls = [t.call('root', { makes: 'root' }), t.call('child', { uses: ['root'] })];
    await t.clock.settle();
    t.wire.parked[0]?.answer({ root: 'nonsense' });
    expect(await endsOf(...calls)).toEqual(['contract', 'dependency']);
    t.expectIdle();
  });

  test('a failed change stops nobody', async () => {
    const t = engineUnderTest();
    const calls = [
      t.call('start', { changes: 'run' }),
      t.call('span', { uses: ['run'] }),
      t.call('finish', { changes: 'run' }),
    ];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('start');
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['error', 'ok', 'ok']);
    t.expectIdle();
  });

  test('a chain of 100,000 is rejected, without recursion and at a cost that grows with it', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const calls = [t.call('k0', { makes: 'r0' })];
    for (let n = 1; n < 100_000; n++) {
      calls.push(t.call(`k${n}`, { makes: `r${n}`, uses: [`r${n - 1}`] }));
    }
    await t.clock.settle();
    const steps = countSteps();
    t.wire.parked[0]?.stopAt('k0');
    const ends = await endsOf(...calls);
    expect(new Set(ends.slice(1))).toEqual(new Set(['dependency']));
    expect(t.wire.batches).toEqual([['k0']]);
    expect(steps()).toBeLessThan(180 * calls.length);
    t.expectIdle();
  });

  test('a star of 100,000 is rejected as well', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    void t.call('root', { makes: 'root' });
    const calls = Array.from({ length: 99_999 }, (_, n) => t.call(`k${n}`, { uses: ['root'] }));
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('root');
    expect(new Set(await endsOf(...calls))).toEqual(new Set(['dependency']));
    expect(t.wire.batches).toEqual([['root']]);
    t.expectIdle();
  });
});

describe('a failure to make something is remembered', () => {
  test('later calls that need it are accepted, and refused unsent', async () => {
    const t = engineUnderTest();
    void t.call('root', { makes: 'root' });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('root');
    await t.clock.settle();
    const calls = [t.call('child', { uses: ['root'] }), t.call('finish', { changes: 'root' })];
    expect(await endsOf(...calls)).toEqual(['dependency', 'dependency']);
    expect(t.wire.batches).toEqual([['root']]);
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 3, refused: 3 });
    t.expectIdle();
  });

  test('what such a call was to make is not there either', async () => {
    const t = engineUnderTest();
    void t.call('root', { makes: 'root' });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('root', 'bad');
    await t.clock.settle();
    void t.call('child', { makes: 'child', uses: ['root'] });
    const grandchild = t.call('grandchild', { uses: ['child'] });
    const because: FailedItem<unknown> = {
      key: 'root',
      reason: { kind: 'error', output: undefined, maybeApplied: false },
    };
    expect(await reasonOf(grandchild)).toEqual(dependency('child', because));
    t.expectIdle();
  });

  test('what those rejected with it were to make is remembered as well', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    void t.call('root', { makes: 'root' });
    void t.call('child', { makes: 'child', uses: ['root'] });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('root');
    await t.clock.settle();
    expect(await endsOf(t.call('grandchild', { uses: ['child'] }))).toEqual(['dependency']);
    t.expectIdle();
  });

  test('until a new call makes it', async () => {
    const t = engineUnderTest();
    void t.call('root', { makes: 'root' });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('root');
    await t.clock.settle();
    const calls = [t.call('again', { makes: 'root' }), t.call('child', { uses: ['root'] })];
    await t.answerAll();
    expect(t.wire.batches).toEqual([['root'], ['again', 'child']]);
    expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
    t.expectIdle();
  });

  test('a call that makes it anew and uses it is not held up by the memory', async () => {
    const t = engineUnderTest();
    void t.call('root', { makes: 'root' });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('root');
    await t.clock.settle();
    const again = t.call('again', { makes: 'root', uses: ['root'] });
    await t.answerAll();
    expect(await endsOf(again)).toEqual(['ok']);
    t.expectIdle();
  });

  test('for at least the last 10,000 ids, and not for ever', async () => {
    const t = engineUnderTest({ onSkipped: 'reject', maxItems: 30_000 });
    for (let n = 0; n <= 30_000; n++) void t.call(`k${n}`, { makes: `r${n}` });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('k0');
    await t.clock.settle();
    const failed = await endsOf(t.call('a', { uses: ['r0'] }), t.call('b', { uses: ['r9999'] }));
    expect(failed).toEqual(['dependency', 'dependency']);
    const forgotten = t.call('c', { uses: ['r29999'] });
    await t.answerAll();
    expect(await endsOf(forgotten)).toEqual(['ok']);
    t.expectIdle();
  });
});

describe('what exists already', () => {
  test('is no failure to those who need it, now or later', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const create = t.call('create', { makes: 'r' });
    const child = t.call('child', { uses: ['r'] });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ create: no('conflict', 'exists') });
    await t.answerAll();
    const later = t.call('later', { uses: ['r'] });
    await t.answerAll();
    expect(t.wire.batches).toEqual([['create'], ['child'], ['later']]);
    expect(await endsOf(create, child, later)).toEqual(['error', 'ok', 'ok']);
    t.expectIdle();
  });

  test('though nobody knows its id, is of no use to those who refer to it', async () => {
    const t = engineUnderTest();
    const run = t.number();
    const create = t.call('create', { makes: run });
    const span = t.call('span', referring('span', run));
    await t.clock.settle();
    t.wire.parked[0]?.answer({ create: no('conflict', 'exists') });
    await t.answerAll();
    expect(await endsOf(create, span)).toEqual(['error', 'dependency']);
    t.expectIdle();
  });

  test('a conflict with a state is another thing: it cascades', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const calls = [t.call('create', { makes: 'r' }), t.call('child', { uses: ['r'] })];
    await t.clock.settle();
    t.wire.parked[0]?.answer({ create: no('invalid_action', 'state') });
    expect(await endsOf(...calls)).toEqual(['error', 'dependency']);
    t.expectIdle();
  });
});

describe('what is in doubt', () => {
  test('rejects those who wait, unsent, and is not remembered: later calls go out', async () => {
    const t = engineUnderTest({ maxItems: 1, retry: { limit: 1 } });
    const calls = [t.call('create', { makes: 'r' }), t.call('child', { uses: ['r'] })];
    await t.clock.settle();
    t.wire.parked[0]?.answer({ create: undefined });
    expect(await endsOf(...calls)).toEqual(['contract', 'dependency']);
    expect(t.wire.batches).toEqual([['create']]);
    expect(t.engine.stats().ledger).toMatchObject({ inDoubt: 1, refused: 1 });
    const later = t.call('later', { uses: ['r'] });
    await t.answerAll();
    expect(await endsOf(later)).toEqual(['ok']);
    t.expectIdle();
  });

  test('makes those in doubt who rode in a lost request with it', async () => {
    const t = engineUnderTest({ retry: { limit: 1 } });
    const other = t.call('other');
    await t.clock.settle();
    const calls = [t.call('create', { makes: 'r' }), t.call('child', { uses: ['r'] })];
    await t.clock.pass(20);
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    // Their time is over before anybody can tell who of the two was to blame.
    await t.clock.pass(300_000);
    await t.answerAll();
    expect(await endsOf(other, ...calls)).toEqual(['ok', 'exhausted', 'exhausted']);
    expect(t.engine.stats().ledger).toMatchObject({ inDoubt: 2 });
    t.expectIdle();
  });

  test('a dependent that had been sent before is in doubt, not refused', async () => {
    const t = engineUnderTest();
    const calls = [t.call('create', { makes: 'r' }), t.call('child', { uses: ['r'] })];
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.pass(125);
    t.wire.parked[0]?.stopAt('create');
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['error', 'dependency']);
    expect(await reasonOf(calls[1] as Promise<unknown>)).toMatchObject({ maybeApplied: true });
    expect(t.engine.stats().ledger).toMatchObject({ refused: 1, inDoubt: 1 });
    t.expectIdle();
  });
});

describe('a call that is never accepted', () => {
  test('is counted as declined, fires failure, and what it was to make is remembered', async () => {
    const t = engineUnderTest();
    const error = new Error('invalid');
    const about = { key: 'create', type: 'create span', makes: 'r' };
    await expect(t.engine.decline(error, about)).rejects.toBe(error);
    expect(t.events.failure).toEqual([{ error, key: 'create', type: 'create span' }]);
    const child = t.call('child', { uses: ['r'] });
    expect(await reasonOf(child)).toEqual(dependency('r', 'declined'));
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 1, refused: 1, declined: 1 });
    expect(t.wire.batches).toEqual([]);
    t.expectIdle();
  });

  test('takes along those who refer to what it was to make', async () => {
    const t = engineUnderTest();
    const run = t.number();
    void t.engine.decline(new Error('invalid'), { key: 'create', type: 'test', makes: run });
    const span = t.call('span', referring('span', run));
    expect(await reasonOf(span)).toEqual(dependency(undefined, 'declined'));
    t.expectIdle();
  });

  test('nor do those who wait for what a full queue declined go out', async () => {
    const t = engineUnderTest({ queue: { maxItems: 1 } });
    void t.call('other');
    const create = t.call('create', { makes: 'r' });
    const child = t.call('child', { uses: ['r'], overBound: true });
    await t.answerAll();
    expect(await endsOf(create, child)).toEqual(['full', 'dependency']);
    expect(t.wire.batches).toEqual([['other']]);
    t.expectIdle();
  });

  test('for its key leaves alone what the pending call makes', async () => {
    const t = engineUnderTest();
    const create = t.call('a', { makes: 'r', fingerprint: 'one' });
    const other = t.call('a', { makes: 'r', fingerprint: 'two' });
    const child = t.call('child', { uses: ['r'] });
    await t.answerAll();
    expect(await endsOf(create, other, child)).toEqual(['ok', 'conflict', 'ok']);
    t.expectIdle();
  });

  test('or is left out on purpose, counts as declined without a failure', () => {
    const t = engineUnderTest();
    t.engine.omit();
    t.engine.omit();
    expect(t.events.failure).toEqual([]);
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 0, declined: 2 });
    t.expectIdle();
  });

  test('never raises an unhandled rejection', async () => {
    const t = engineUnderTest({ queue: { maxItems: 1 } });
    void t.engine.decline(new Error('invalid'), { key: 'a', type: 'test' });
    void t.call('b', { fingerprint: 'one' });
    void t.call('b', { fingerprint: 'two' });
    void t.call('c');
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('b');
    await t.clock.settle();
    expect(t.events.failure).toHaveLength(4);
    t.expectIdle();
  });
});

describe('an answer with another id than the one that was sent', () => {
  test('rejects those who were to be sent with the old one, and idOf gives the new', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const create = t.call('create', { makes: 'ours' });
    const child = t.call('child', { makes: 'child', uses: ['ours'] });
    const grandchild = t.call('grandchild', { uses: ['child'] });
    await t.clock.settle();
    expect(t.engine.idOf('ours')).toBe('ours');
    t.wire.parked[0]?.answer({ create: ok('theirs') });
    expect(await endsOf(create)).toEqual(['ok']);
    expect(await reasonOf(child)).toEqual(dependency('ours', 'other id'));
    expect(await reasonOf(grandchild)).toMatchObject({ kind: 'dependency', resourceId: 'child' });
    expect(t.engine.idOf('ours')).toBe('theirs');
    expect(t.wire.batches).toEqual([['create']]);
    t.expectIdle();
  });

  test('does not stop later calls, by the new id or the old', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    void t.call('create', { makes: 'ours' });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ create: ok('theirs') });
    await t.clock.settle();
    const calls = [t.call('a', { uses: ['theirs'] }), t.call('b', { uses: ['ours'] })];
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
    t.expectIdle();
  });

  test('is forgotten when a new call has made something under the old id', async () => {
    const t = engineUnderTest();
    void t.call('create', { makes: 'ours' });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ create: ok('theirs') });
    await t.clock.settle();
    void t.call('again', { makes: 'ours' });
    await t.answerAll();
    expect(t.engine.idOf('ours')).toBe('ours');
    t.expectIdle();
  });

  test('the same id is no other id', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const calls = [t.call('create', { makes: 'ours' }), t.call('child', { uses: ['ours'] })];
    await t.clock.settle();
    t.wire.parked[0]?.answer({ create: ok('ours') });
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
    t.expectIdle();
  });
});

test('an item that is skipped for good counts as failed to make', async () => {
  const t = engineUnderTest({ onSkipped: 'reject', maxItems: 2 });
  const calls = [t.call('bad'), t.call('create', { makes: 'r' }), t.call('child', { uses: ['r'] })];
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('bad');
  expect(await endsOf(...calls)).toEqual(['error', 'skipped', 'dependency']);
  expect(t.wire.batches).toHaveLength(1);
  t.expectIdle();
});

test('the books balance while a cascade tells one caller after the other', async () => {
  const t = engineUnderTest({ maxItems: 1 });
  const seen: number[] = [];
  const look = (): void => void seen.push(t.engine.stats().ledger.pending);
  for (const [key, options] of [
    ['root', { makes: 'root' }],
    ['a', { uses: ['root'] }],
    ['b', { uses: ['root'] }],
  ] as const) {
    t.engine.submit(submission(key, options)).catch(look);
  }
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('root');
  await t.clock.settle();
  expect(seen).toEqual([0, 0, 0]);
  t.expectIdle();
});

function dependency(
  resourceId: string | undefined,
  because: FailedItem<unknown> | 'declined' | 'other id',
): Reason<unknown> {
  return { kind: 'dependency', resourceId, because, maybeApplied: false };
}
