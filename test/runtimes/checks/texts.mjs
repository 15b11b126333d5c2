import { equal, ok, outcomes } from '../context.mjs';

const payloads = [
  { text: 'plain' },
  { text: 'äöü ß é ñ', naïve: 'ключ 鍵 🔑' },
  { emoji: '👩‍👩‍👧‍👦🏳️‍🌈', han: '漢字'.repeat(50), max: '\u{10FFFF}' },
  { lone: '\uD800', reverse: '\uDC00\uD800', end: 'x\uD83D' },
  { control: '\u0000\u0007\u001f"\\/\b\f\n\r\t\u2028\u2029\u007f' },
  { bom: '\uFEFFx', private: '\uE000', noncharacter: '\uFFFF' },
  { long: 'é'.repeat(70_000) },
  { mixed: `${'a'.repeat(65_535)}🎉${'ü'.repeat(40_000)}` },
  { nested: { list: [1, -0, 1e21, 0.1, null, true, [[]], {}], date: new Date(0) } },
  {},
];

export const texts = {
  'texts of every kind arrive byte for byte': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    // Several together, so that texts follow each other in one buffer, and in more than one.
    const all = [...payloads, ...payloads.toReversed(), ...payloads];
    const calls = t.spans(client, all.length, (index) => ({ payload: all[index] }));
    equal(await outcomes(calls), Array(all.length).fill('ok'), 'the outcomes');
    const items = (await backend.requests()).flatMap(({ body }) => JSON.parse(body).items);
    const sent = items.map(({ details }) => JSON.stringify(details.payload));
    equal(
      sent,
      all.map((payload) => JSON.stringify(payload)),
      'the payloads',
    );
    for (const { body } of await backend.requests()) {
      ok(body.startsWith('{"items":[{') && body.endsWith('}]}'), 'the envelope');
    }
  },

  'two calls made together are two items': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    for (const count of [1, 2, 10, 300]) {
      const text = (index) => 'é'.repeat(index * 50);
      const calls = t.spans(client, count, (index) => ({ payload: { text: text(index) } }));
      equal(await outcomes(calls), Array(count).fill('ok'), `the outcomes of ${count}`);
    }
  },

  'the number of bytes that is told is the number that arrives': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    let bytes = 0;
    client.on('dispatch', (detail) => {
      bytes += detail.bytes;
    });
    await Promise.all(t.spans(client, payloads.length, (index) => ({ payload: payloads[index] })));
    const arrived = (await backend.requests()).reduce((sum, request) => sum + request.bytes, 0);
    equal(arrived, bytes, 'the bytes');
  },
};
