// In workerd each request owns its timers and connections, and requests may share a client.
import assert from 'node:assert/strict';

/** Asks the Worker: `ask('shared', { name: 'a' })`. */
export type Ask = (path: string, query?: Readonly<Record<string, string>>) => Promise<string>;

/** Keys of the calls that have arrived so far. */
type Arrived = () => Promise<number>;

type Check = (ask: Ask, arrived: Arrived) => Promise<void>;

/** By title, in their order. */
export const requestChecks: Readonly<Record<string, Check>> = {
  'clients of their own: ten requests at once': async (ask) => {
    const names = Array.from({ length: 10 }, (_, index) => `own-${index}`);
    const said = await Promise.all(names.map((name) => ask('own', { name })));
    assert.deepEqual(said, Array(10).fill('ok'));
  },

  'a client of its own with a call that is not awaited, with waitUntil': async (ask, arrived) => {
    const before = await arrived();
    assert.equal(await ask('own-forgotten', { name: 'left-alone' }), 'forgotten');
    while ((await arrived()) === before) await tick();
  },

  'waitUntil without its object is told of, with what to do': async (ask) => {
    const said = await ask('bare-wait-until', { name: 'bare' });
    assert.match(said, /^ok\n/);
    assert.match(said, /\(promise\) => ctx\.waitUntil\(promise\)/);
  },

  'a client at module scope: one request after the other': async (ask) => {
    for (const name of ['first', 'second', 'third'])
      assert.equal(await ask('shared', { name }), 'ok');
  },

  'after a call that was not awaited, the next request has its result': async (ask) => {
    for (const round of ['1', '2', '3']) {
      assert.equal(await ask('shared-forgotten', { name: `forgotten-${round}` }), 'forgotten');
      assert.equal(await ask('shared', { name: `next-${round}` }), 'ok');
      assert.equal(await ask('shared', { name: `after-next-${round}` }), 'ok');
    }
  },

  // Two, not twenty: with many that share what they wait for, the runtime itself may stop to answer.
  'requests that overlap get no result of each other, and the client works on': async (ask) => {
    const names = Array.from({ length: 2 }, (_, index) => `overlapping-${index}`);
    // The runtime ends requests that wait for what another one has begun, or leaves them waiting, which no
    // client can change. The next request has to get its answer.
    const said = await Promise.all(
      names.map((name) => Promise.race([ask('shared', { name }), later()])),
    );
    for (const one of said)
      if (one !== 'ok') assert.match(one, /hung|canceled|cancelled|no answer/);
    assert.equal(await ask('shared', { name: 'after all of them' }), 'ok');
  },

  'what belonged to requests that are gone is given up, and the books balance': async (ask) => {
    // An attempt takes a second, another is granted, and then a further request has to come.
    for (;;) {
      assert.equal(await ask('shared', { name: 'again' }), 'ok');
      const { pending, accepted, ...columns } = JSON.parse(await ask('stats')) as Record<
        string,
        number
      >;
      if (pending !== 0) {
        await tick();
        continue;
      }
      const { declined, ...counted } = columns;
      assert.equal(declined, 0);
      assert.equal(
        Object.values(counted).reduce((sum, count) => sum + count, 0),
        accepted,
      );
      return;
    }
  },

  'a client in a Durable Object: requests that overlap, and a call that is not awaited': async (
    ask,
  ) => {
    assert.equal(await ask('object-forgotten', { name: 'forgotten' }), 'forgotten');
    const names = Array.from({ length: 10 }, (_, index) => `object-${index}`);
    const said = await Promise.all(names.map((name) => ask('object-shared', { name })));
    assert.deepEqual(said, Array(10).fill('ok'));
  },
};

async function later(): Promise<string> {
  await new Promise((resolve) => {
    setTimeout(resolve, 10_000);
  });
  return 'no answer';
}

function tick(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
}
