import { expect, test } from 'vitest';
import { silentLogger } from '../../src/internal/warn.ts';
import { Auth } from '../../src/transport/auth.ts';

test('a token is taken out of a text, plain or as JSON writes it', async () => {
  const token = 'pf_"secret"\\';
  const auth = new Auth(token, silentLogger);
  await auth.token();
  expect(auth.redact(`a ${token} b ${JSON.stringify({ token })} c`)).toBe(
    'a [token] b {"token":"[token]"} c',
  );
});

test('as many tokens are remembered as attempts can overlap, the latest', async () => {
  let asked = 0;
  const auth = new Auth(() => `pf_${++asked}_`, silentLogger);
  for (const _ of Array(257)) {
    await auth.token();
  }
  expect(auth.redact('pf_1_ pf_2_ pf_257_')).toBe('pf_1_ [token] [token]');
});

test('a token that is given again counts as the latest', async () => {
  const tokens = [
    'pf_a_',
    ...Array.from({ length: 255 }, (_, index) => `pf_${index}_`),
    'pf_a_',
    'pf_z_',
  ];
  const given = tokens.values();
  const auth = new Auth(() => given.next().value ?? '', silentLogger);
  for (const _ of tokens) {
    await auth.token();
  }
  expect(auth.redact('pf_0_ pf_a_ pf_z_')).toBe('pf_0_ [token] [token]');
});
