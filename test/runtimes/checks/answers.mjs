import { equal, ok, outcomes, rejection } from '../context.mjs';

const redirect = (status) => ({ status, headers: { location: '/elsewhere' } });

/** Outputs that are wrong, and what becomes of the call. */
const hostile = {
  'no object': ['7', 'PrefactorContractError'],
  'without a status': ['{}', 'PrefactorContractError'],
  'with another status': ['{"status":"maybe"}', 'PrefactorContractError'],
  'without details': ['{"status":"success"}', 'PrefactorContractError'],
  'with an id of megabytes': [
    `{"status":"success","details":{"id":"${'x'.repeat(2_000_000)}"}}`,
    'PrefactorContractError',
  ],
  'with __proto__ in it': [
    '{"status":"success","details":{"id":"an-id","__proto__":{"polluted":true},"constructor":1}}',
    'ok',
  ],
  'nested deeply': [
    `{"status":"success","details":{"id":"an-id","deep":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`,
    'ok',
  ],
};

export const answers = {
  'an answer in gzip is read': async (t) => {
    const backend = await t.scripted([{ ok: 'gzip' }]);
    equal(await outcomes(t.spans(t.client(backend), 3)), ['ok', 'ok', 'ok'], 'the outcomes');
  },

  'so is one after a BOM': async (t) => {
    const backend = await t.scripted([{ ok: 'after a BOM' }]);
    equal(await outcomes(t.spans(t.client(backend), 3)), ['ok', 'ok', 'ok'], 'the outcomes');
    equal((await backend.requests()).length, 1, 'the requests');
  },

  'no redirect is followed': async (t) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const backend = await t.scripted([redirect(status)]);
      const error = await rejection(t.spans(t.client(backend), 1)[0]);
      ok(error.name === 'PrefactorApiError', `${status} gives ${error.name}: ${error.message}`);
      equal((await backend.report()).requests.length, 1, 'the requests');
    }
  },

  'of an answer of 40 MB no more than a part is read': async (t) => {
    const backend = await t.scripted([{ ok: 'padded', bytes: 40_000_000 }]);
    const error = await rejection(t.spans(t.client(backend), 1)[0]);
    equal([error.name, error.maybeApplied], ['PrefactorContractError', true], 'the error');
  },

  'a 204 is no answer': async (t) => {
    const backend = await t.scripted([{ status: 204 }, 'ok']);
    equal(await outcomes(t.spans(t.client(backend), 2)), ['ok', 'ok'], 'the outcomes');
  },

  ...Object.fromEntries(
    Object.entries(hostile).map(([title, [output, outcome]]) => [
      `an output ${title} harms nobody`,
      async (t) => {
        const backend = await t.scripted([{ ok: 'with outputs', output }, 'ok']);
        const client = t.client(backend);
        equal(await outcomes(t.spans(client, 1)), [outcome], 'the outcome');
        equal(await outcomes(t.spans(client, 2)), ['ok', 'ok'], 'the outcomes of the next');
        equal({}.polluted, undefined, 'Object.prototype.polluted');
      },
    ]),
  ),

  'outputs that nobody asked for are ignored': async (t) => {
    const body = '{"status":"success","outputs":{"__proto__":{"status":"success"},"nobody":null}}';
    const backend = await t.scripted([{ status: 200, body }, 'ok']);
    equal(await outcomes(t.spans(t.client(backend), 2)), ['ok', 'ok'], 'the outcomes');
  },

  'a definite no is told at once': async (t) => {
    for (const [status, name] of [
      [400, 'PrefactorValidationError'],
      [404, 'PrefactorNotFoundError'],
      [405, 'PrefactorApiError'],
      [409, 'PrefactorConflictError'],
    ]) {
      const backend = await t.scripted([{ status }]);
      const error = await rejection(t.spans(t.client(backend), 1)[0]);
      equal([error.name, error.status], [name, status], 'the error');
      equal((await backend.requests()).length, 1, 'the requests');
    }
  },

  'a 401 asks a token function once more, and then rejects': async (t) => {
    const backend = await t.scripted();
    const tokens = ['an-expired-token', backend.token];
    const asked = [];
    const client = t.client(backend, {
      apiToken: async () => {
        const token = tokens[Math.min(asked.length, 1)];
        asked.push(token);
        return token;
      },
    });
    equal(await outcomes(t.spans(client, 2)), ['ok', 'ok'], 'the outcomes');
    equal(asked, tokens, 'the tokens');
    const stranger = t.client(undefined);
    const error = await rejection(t.spans(stranger, 1)[0]);
    equal([error.name, error.status], ['PrefactorAuthError', 401], 'the error');
    ok(
      !JSON.stringify([error, error.message, error.stack]).includes('no-token-of'),
      'it has the token',
    );
  },
};
