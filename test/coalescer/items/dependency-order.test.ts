import { describe, expect, test } from 'vitest';
import type { CallOptions, EngineUnderTest } from '../../helpers/engine.ts';
import { endsOf, engineUnderTest, referring, submission } from '../../helpers/engine.ts';
import { ok } from '../../helpers/scripted-send.ts';
import { countSteps } from '../../helpers/steps.ts';

/** One item in a request: what must come first is then seen request by request. */
const oneByOne = { maxItems: 1 };

test('a run is registered, started, filled with spans and finished in that order', async () => {
  const t = engineUnderTest(oneByOne);
  const calls = [
    t.call('register', { makes: 'run' }),
    t.call('start', { changes: 'run' }),
    t.call('span 1', { makes: 's1', uses: ['run'] }),
    t.call('span 2', { makes: 's2', uses: ['run'] }),
    t.call('finish', { changes: 'run' }),
  ];
  expect(await waves(t)).toEqual([['register'], ['start'], ['span 1', 'span 2'], ['finish']]);
  expect(await endsOf(...calls)).toEqual(Array(5).fill('ok'));
  t.expectIdle();
});

test('a parent goes before its children, and they before its finish', async () => {
  const t = engineUnderTest(oneByOne);
  void t.call('root', { makes: 'root' });
  void t.call('child 1', { makes: 'c1', uses: ['root'] });
  void t.call('grandchild', { makes: 'c11', uses: ['c1'] });
  void t.call('child 2', { makes: 'c2', uses: ['root'] });
  void t.call('finish', { changes: 'root' });
  expect(await waves(t)).toEqual([['root'], ['child 1', 'child 2'], ['grandchild', 'finish']]);
  t.expectIdle();
});

test('a child called after the finish of its parent goes after it', async () => {
  const t = engineUnderTest(oneByOne);
  void t.call('root', { makes: 'root' });
  void t.call('finish', { changes: 'root' });
  void t.call('late child', { uses: ['root'] });
  expect(await waves(t)).toEqual([['root'], ['finish'], ['late child']]);
  t.expectIdle();
});

test('two trees do not wait for each other', async () => {
  const t = engineUnderTest(oneByOne);
  void t.call('root a', { makes: 'a' });
  void t.call('root b', { makes: 'b' });
  void t.call('child a', { uses: ['a'] });
  void t.call('child b', { uses: ['b'] });
  await t.clock.settle();
  t.wire.parked[1]?.answer();
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['root a'], ['root b'], ['child b']]);
  await t.answerAll();
  t.expectIdle();
});

test('a change waits for every earlier user, in whatever order they end', async () => {
  const t = engineUnderTest(oneByOne);
  for (const key of ['a', 'b', 'c']) void t.call(key, { uses: ['r'] });
  void t.call('change', { changes: 'r' });
  await t.clock.settle();
  for (const answered of [2, 0]) {
    t.wire.parked[answered]?.answer();
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['a'], ['b'], ['c']]);
  }
  await t.answerAll();
  expect(t.wire.batches.at(-1)).toEqual(['change']);
  t.expectIdle();
});

test('users of one resource travel in parallel; changes of it one after the other', async () => {
  const t = engineUnderTest(oneByOne);
  for (const key of ['use 1', 'use 2']) void t.call(key, { uses: ['r'] });
  for (const key of ['change 1', 'change 2']) void t.call(key, { changes: 'r' });
  for (const key of ['use 3', 'use 4']) void t.call(key, { uses: ['r'] });
  expect(await waves(t)).toEqual([
    ['use 1', 'use 2'],
    ['change 1'],
    ['change 2'],
    ['use 3', 'use 4'],
  ]);
  t.expectIdle();
});

test('what failed for good holds back nobody', async () => {
  const t = engineUnderTest(oneByOne);
  const calls = [t.call('a', { changes: 'r' }), t.call('b', { changes: 'r' })];
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('a');
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['error', 'ok']);
  t.expectIdle();
});

test('what was skipped still goes before what waits for it', async () => {
  const t = engineUnderTest({ maxItems: 3, concurrency: 1 });
  void t.call('bad');
  void t.call('create', { makes: 'r' });
  void t.call('child', { uses: ['r'] });
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('bad');
  await t.answerAll();
  expect(t.wire.batches).toEqual([
    ['bad', 'create', 'child'],
    ['create', 'child'],
  ]);
  t.expectIdle();
});

describe('several relations', () => {
  test.each<{ name: string; relations: CallOptions }>([
    { name: 'uses and changes', relations: { uses: ['r'], changes: 'r' } },
    { name: 'uses and makes', relations: { uses: ['r'], makes: 'r' } },
    { name: 'changes and makes', relations: { changes: 'r', makes: 'r' } },
    { name: 'uses twice', relations: { uses: ['r', 'r'] } },
    { name: 'uses, changes and makes', relations: { uses: ['r', 'r'], changes: 'r', makes: 'r' } },
  ])('an item that $name one resource does not wait for itself', async ({ relations }) => {
    const t = engineUnderTest();
    const call = t.call('a', relations);
    await t.answerAll();
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test.each<{ name: string; relations: CallOptions }>([
    { name: 'uses and changes', relations: { uses: ['r'], changes: 'r' } },
    { name: 'uses and makes', relations: { uses: ['r'], makes: 'r' } },
  ])('of what an item $name, the strongest relation holds', async ({ relations }) => {
    const t = engineUnderTest(oneByOne);
    void t.call('user', { uses: ['r'] });
    void t.call('both', relations);
    void t.call('later user', { uses: ['r'] });
    expect(await waves(t)).toEqual([['user'], ['both'], ['later user']]);
    t.expectIdle();
  });
});

describe('one batch', () => {
  test('a whole tree leaves in one request, in the order of the calls', async () => {
    const t = engineUnderTest();
    const keys = callTree(t);
    await t.answerAll();
    expect(t.wire.batches).toEqual([keys]);
    t.expectIdle();
  });

  test('the rest of a tree leaves as soon as its root is through', async () => {
    const t = engineUnderTest({ maxItems: 2 });
    void t.call('root', { makes: 'root' });
    void t.call('child 1', { uses: ['root'] });
    void t.call('child 2', { uses: ['root'] });
    void t.call('finish', { changes: 'root' });
    expect(await waves(t)).toEqual([
      ['root', 'child 1'],
      ['child 2', 'finish'],
    ]);
    t.expectIdle();
  });

  test('nobody rides on an item that is in another request', async () => {
    const t = engineUnderTest();
    void t.call('root', { makes: 'root' });
    await t.clock.settle();
    void t.call('child', { uses: ['root'] });
    void t.call('other');
    await t.clock.pass(20);
    expect(t.wire.batches).toEqual([['root'], ['other']]);
    await t.answerAll();
    expect(t.wire.batches.at(-1)).toEqual(['child']);
    t.expectIdle();
  });

  test('an item that waits for two requests leaves after the second answer', async () => {
    const t = engineUnderTest(oneByOne);
    void t.call('a', { makes: 'a' });
    void t.call('b', { makes: 'b' });
    void t.call('both', { uses: ['a', 'b'] });
    await t.clock.settle();
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['a'], ['b']]);
    await t.answerAll();
    expect(t.wire.batches.at(-1)).toEqual(['both']);
    t.expectIdle();
  });

  test('waiting together, blocked and sendable items leave by age', async () => {
    const t = engineUnderTest({ concurrency: 1 });
    void t.call('first', { makes: 'r' });
    await t.clock.settle();
    for (const key of ['a', 'c']) void t.call(key, { uses: ['r'] });
    void t.call('d');
    await t.answerAll();
    expect(t.wire.batches).toEqual([['first'], ['a', 'c', 'd']]);
    t.expectIdle();
  });
});

describe('a resource without a known id', () => {
  test('is filled in when its maker has settled, and only then are its users sent', async () => {
    const t = engineUnderTest();
    const run = t.number();
    const calls = [t.call('register', { makes: run }), t.call('span', referring('span', run))];
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['register']]);
    expect(t.engine.idOf(run)).toBe(run);
    t.wire.parked[0]?.answer({ register: ok('run-1') });
    await t.answerAll();
    expect(t.engine.idOf(run)).toBe('run-1');
    expect(t.wire.requests[1]?.texts).toEqual(['{"key":"span","of":["run-1"]}']);
    expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
    t.expectIdle();
  });

  test('is filled in for all who wait, who then leave in one request', async () => {
    const t = engineUnderTest();
    const root = t.number();
    void t.call('root', { makes: root });
    for (const key of ['a', 'b']) void t.call(key, referring(key, root));
    void t.call('finish', { ...referring('finish', root), uses: [], changes: root });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ root: ok('root-1') });
    await t.answerAll();
    expect(t.wire.batches).toEqual([['root'], ['a', 'b', 'finish']]);
    expect(t.wire.requests[1]?.texts.every((text) => text.includes('"root-1"'))).toBe(true);
    t.expectIdle();
  });

  test('may be one of several that an item waits for', async () => {
    const t = engineUnderTest(oneByOne);
    const [run, root] = [t.number(), t.number()];
    void t.call('run', { makes: run });
    void t.call('root', { makes: root });
    void t.call('child', referring('child', run, root));
    await t.clock.settle();
    t.wire.parked[1]?.answer({ root: ok('é') });
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['run'], ['root']]);
    t.wire.parked[0]?.answer({ run: ok('run-1') });
    await t.clock.settle();
    expect(t.wire.requests[2]).toMatchObject({
      texts: ['{"key":"child","of":["run-1","é"]}'],
      bytes: 12 + '{"key":"child","of":["run-1","é"]}'.length + 1,
    });
    await t.answerAll();
    t.expectIdle();
  });

  test('is used at once by a call made after the answer', async () => {
    const t = engineUnderTest();
    const run = t.number();
    void t.call('register', { makes: run });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ register: ok('run-1') });
    await t.clock.settle();
    void t.call('span', referring('span', run));
    await t.answerAll();
    expect(t.wire.requests[1]?.texts).toEqual(['{"key":"span","of":["run-1"]}']);
    t.expectIdle();
  });

  test('goes by its id from the same step on: a call by id overtakes none by reference', async () => {
    const t = engineUnderTest(oneByOne);
    const root = t.number();
    void t
      .call('root', { makes: root })
      .then(() => t.call('finish', { changes: t.engine.idOf(root), pieces: ['{}'] }));
    for (const key of ['a', 'b']) void t.call(key, referring(key, root));
    await t.clock.settle();
    t.wire.parked[0]?.answer({ root: ok('root-1') });
    expect(await waves(t)).toEqual([['a', 'b'], ['finish']]);
    t.expectIdle();
  });

  test('is one with its id: a call by reference does not overtake one by id', async () => {
    const t = engineUnderTest(oneByOne);
    const root = t.number();
    void t.call('root', { makes: root });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ root: ok('root-1') });
    await t.clock.settle();
    void t.call('change', { changes: 'root-1' });
    void t.call('user', referring('user', root));
    expect(await waves(t)).toEqual([['change'], ['user']]);
    t.expectIdle();
  });

  test('fills texts once: a retry carries the same', async () => {
    const t = engineUnderTest();
    const run = t.number();
    void t.call('register', { makes: run });
    void t.call('span', referring('span', run));
    await t.clock.settle();
    t.wire.parked[0]?.answer({ register: ok('run-1') });
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.pass(125);
    expect(t.wire.requests[2]?.texts).toEqual(t.wire.requests[1]?.texts);
    await t.answerAll();
    t.expectIdle();
  });

  test('whose maker succeeds without naming an id leaves no hole on the wire', async () => {
    const t = engineUnderTest();
    const run = t.number();
    void t.call('register', { makes: run });
    const span = t.call('span', referring('span', run));
    await t.answerAll();
    for (const { texts } of t.wire.requests) {
      expect(texts.every((text) => typeof text === 'string')).toBe(true);
    }
    expect(await endsOf(span)).toEqual(['dependency']);
    expect(await endsOf(t.call('later', referring('later', run)))).toEqual(['dependency']);
    t.expectIdle();
  });
});

describe('an item that precedes a name', () => {
  const unknownFinish: CallOptions = { changes: 'span', precedes: '*' };

  test('goes before whatever follows the name and was called later', async () => {
    const t = engineUnderTest();
    void t.call('unknown finish', unknownFinish);
    void t.call('instance finish', { changes: 'run', follows: '*' });
    expect(await waves(t)).toEqual([['unknown finish'], ['instance finish']]);
    t.expectIdle();
  });

  test('waits for nobody who follows it', async () => {
    const t = engineUnderTest(oneByOne);
    void t.call('instance finish', { changes: 'run', follows: '*' });
    void t.call('unknown finish', unknownFinish);
    expect(await waves(t)).toEqual([['instance finish', 'unknown finish']]);
    t.expectIdle();
  });

  test('holds back neither its like, nor those who do not follow', async () => {
    const t = engineUnderTest(oneByOne);
    void t.call('unknown 1', { precedes: '*' });
    void t.call('unknown 2', { precedes: '*' });
    void t.call('other', { changes: 'run' });
    void t.call('other name', { follows: 'else' });
    expect(await waves(t)).toEqual([['unknown 1', 'unknown 2', 'other', 'other name']]);
    t.expectIdle();
  });

  test('does not wait for itself where it follows that name as well', async () => {
    const t = engineUnderTest(oneByOne);
    void t.call('first', { precedes: '*', follows: '*' });
    void t.call('second', { precedes: '*', follows: '*' });
    expect(await waves(t)).toEqual([['first'], ['second']]);
    t.expectIdle();
  });

  test('is waited for by each who follows, and they do not wait for each other', async () => {
    const t = engineUnderTest(oneByOne);
    void t.call('unknown 1', { precedes: '*' });
    void t.call('unknown 2', { precedes: '*' });
    void t.call('run 1', { changes: 'run 1', follows: '*' });
    void t.call('unknown 3', { precedes: '*' });
    void t.call('run 2', { changes: 'run 2', follows: '*' });
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['unknown 1'], ['unknown 2'], ['unknown 3']]);
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    expect(t.wire.batches.slice(3)).toEqual([['run 1']]);
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    expect(t.wire.batches.slice(4)).toEqual([['run 2']]);
    await t.answerAll();
    t.expectIdle();
  });

  test('lets those who follow go by an error, or an abort, as by a success', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    const away = t.call('away', { changes: 'x' });
    await t.clock.settle();
    const calls = [
      t.call('unknown 1', { precedes: '*' }),
      t.call('unknown 2', { changes: 'x', precedes: '*', signal: abort.signal }),
      t.call('finish', { follows: '*' }),
    ];
    await t.clock.pass(20);
    t.wire.parked[1]?.stopAt('unknown 1');
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['away'], ['unknown 1']]);
    abort.abort();
    await t.clock.settle();
    expect(t.engine.stats().blocked).toBe(0);
    await t.answerAll();
    expect(await endsOf(away, ...calls)).toEqual(['ok', 'error', 'aborted', 'ok']);
    t.expectIdle();
  });
});

test('an abort opens the way to those who waited, without any time passing', async () => {
  const t = engineUnderTest({ maxItems: 2, concurrency: 2 });
  const abort = new AbortController();
  void t.call('user', { uses: ['r'] });
  await t.clock.settle();
  void t.call('change', { changes: 'r', signal: abort.signal });
  for (const key of ['a', 'b']) void t.call(key, { uses: ['r'] });
  await t.clock.pass(100);
  expect(t.wire.batches).toEqual([['user']]);
  abort.abort();
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['user'], ['a', 'b']]);
  await t.answerAll();
  t.expectIdle();
});

test('a finish waits for users on both sides of an aborted change', async () => {
  const t = engineUnderTest(oneByOne);
  const abort = new AbortController();
  void t.call('a', { uses: ['r'] });
  void t.call('change', { changes: 'r', signal: abort.signal });
  void t.call('b', { uses: ['r'] });
  void t.call('finish', { changes: 'r' });
  await t.clock.settle();
  abort.abort();
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a'], ['b']]);
  t.wire.parked[1]?.answer();
  await t.clock.settle();
  expect(t.wire.batches).toHaveLength(2);
  await t.answerAll();
  expect(t.wire.batches.at(-1)).toEqual(['finish']);
  t.expectIdle();
});

test('many aborted calls leave nothing behind while others wait', async () => {
  expect(await stepsAfterAborts(4_000)).toBeLessThan(1.1 * (await stepsAfterAborts(1_000)));
});

/** What it takes to answer the two calls that are left of so many more. */
async function stepsAfterAborts(aborted: number): Promise<number> {
  const t = engineUnderTest();
  void t.call('create', { makes: 'r' });
  await t.clock.settle();
  const abort = new AbortController();
  const calls = Array.from({ length: aborted }, (_, index) =>
    t.call(`k${index}`, { uses: ['r'], signal: abort.signal }),
  );
  void t.call('stays', { uses: ['r'] });
  await t.clock.settle();
  abort.abort();
  expect(t.engine.stats()).toMatchObject({ queued: 1, blocked: 1 });
  // All of them have been told.
  await endsOf(...calls);
  const steps = countSteps();
  await t.answerAll();
  const spent = steps();
  expect(t.wire.batches).toEqual([['create'], ['stays']]);
  t.expectIdle();
  return spent;
}

test('relations are read at the call: the caller may change his arrays afterwards', async () => {
  const t = engineUnderTest(oneByOne);
  const uses = ['r'];
  void t.call('create', { makes: 'r' });
  void t.engine.submit({ ...submission('user'), uses });
  uses.length = 0;
  expect(await waves(t)).toEqual([['create'], ['user']]);
  t.expectIdle();
});

/** Calls a run of spans in a tree with all their finishes. Returns the keys, in order. */
function callTree(t: EngineUnderTest): string[] {
  const keys: string[] = [];
  const call = (key: string, options: CallOptions): void => {
    keys.push(key);
    void t.call(key, options);
  };
  call('register', { makes: 'run' });
  call('start', { changes: 'run' });
  for (let n = 1; n <= 20; n++) {
    const parent = n === 1 ? [] : [`s${Math.floor(n / 2)}`];
    call(`create ${n}`, { makes: `s${n}`, uses: ['run', ...parent] });
  }
  for (let n = 20; n >= 1; n--) call(`finish ${n}`, { changes: `s${n}`, uses: ['run'] });
  call('finish', { changes: 'run' });
  return keys;
}

/** Answers all that is in flight at once, again and again: the keys of each such wave. */
async function waves(t: EngineUnderTest): Promise<string[][]> {
  const seen: string[][] = [];
  await t.clock.settle();
  while (t.wire.parked.length > 0) {
    const wave = [...t.wire.parked];
    seen.push(wave.flatMap(({ keys }) => [...keys]));
    for (const request of wave) request.answer();
    await t.clock.settle();
  }
  return seen;
}
