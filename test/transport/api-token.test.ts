import { expect, test } from 'vitest';
import type { ApiToken } from '../../src/transport/api-token.ts';
import { TokenSource } from '../../src/transport/api-token.ts';

function authOf(apiToken: ApiToken, apiUrl = 'https://api.example'): TokenSource {
  return new TokenSource({ apiToken, apiUrl, fetch: undefined });
}

test('a token is taken out of a text, plain or as JSON writes it', async () => {
  const token = 'pf_"secret"\\';
  const auth = authOf(token);
  await auth.token();
  expect(auth.redact(`a ${token} b ${JSON.stringify({ token })} c`)).toBe(
    'a [token] b {"token":"[token]"} c',
  );
});

test('as many tokens are remembered as attempts can overlap, the latest', async () => {
  let asked = 0;
  const auth = authOf(() => `pf_token_${++asked}_`);
  for (const _ of Array(257)) {
    await auth.token();
  }
  expect(auth.redact('pf_token_1_ pf_token_2_ pf_token_257_')).toBe('pf_token_1_ [token] [token]');
});

test('a token that is given again counts as the latest', async () => {
  const tokens = [
    'pf_token_a_',
    ...Array.from({ length: 255 }, (_, index) => `pf_token_${index}_`),
    'pf_token_a_',
    'pf_token_z_',
  ];
  const given = tokens.values();
  const auth = authOf(() => given.next().value ?? '');
  for (const _ of tokens) {
    await auth.token();
  }
  expect(auth.redact('pf_token_0_ pf_token_a_ pf_token_z_')).toBe('pf_token_0_ [token] [token]');
});

test('one that is a part of common words is taken out of none', async () => {
  const auth = authOf('key', 'http://127.0.0.1:4000');
  expect(await auth.token()).toBe('key');
  expect(auth.redact('a key, the idempotency key')).toBe('a key, the idempotency key');
});

test('a function that gives one so short for another machine has given none', async () => {
  const given = ['of7char', 'of8chars'].values();
  const auth = authOf(() => given.next().value ?? '');
  await expect(auth.token()).rejects.toThrow(/must have at least 8 characters/);
  expect(await auth.token()).toBe('of8chars');
});
