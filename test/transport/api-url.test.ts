import { expect, test } from 'vitest';
import { readApiUrl } from '../../src/transport/api-url.ts';

test.each([
  ['https://app.prefactorai.com', 'https://app.prefactorai.com'],
  ['https://app.prefactorai.com/', 'https://app.prefactorai.com'],
  ['https://app.prefactorai.com//', 'https://app.prefactorai.com'],
  ['https://app.prefactorai.com/api/v1', 'https://app.prefactorai.com'],
  ['https://app.prefactorai.com/api/v1/', 'https://app.prefactorai.com'],
  ['https://app.prefactorai.com//api/v1//', 'https://app.prefactorai.com'],
  ['https://proxy.example:8443/prefactor/api/v1', 'https://proxy.example:8443/prefactor'],
  ['https://proxy.example/myapi/v1', 'https://proxy.example/myapi/v1'],
  ['HTTPS://APP.example', 'https://app.example'],
  ['http://localhost:4000', 'http://localhost:4000'],
  ['http://127.0.0.1:4000/api/v1', 'http://127.0.0.1:4000'],
  ['http://127.8.9.10', 'http://127.8.9.10'],
  ['http://[::1]:4000', 'http://[::1]:4000'],
])('%s is used as %s', (text, url) => {
  expect(readApiUrl(text, false)).toEqual({ url });
});

test.each([
  ['app.prefactorai.com', 'must be an absolute URL'],
  ['', 'must be an absolute URL'],
  ['https://me:secret@', 'must be an absolute URL'],
  ['ftp://app.prefactorai.com', 'must be an absolute URL'],
  ['javascript:alert(1)', 'must be an absolute URL'],
  ['http://app.prefactorai.com', 'allowInsecure: true'],
  ['http://localhost.example', 'allowInsecure: true'],
  ['http://127.0.0.1.example', 'allowInsecure: true'],
  ['http://0.0.0.0', 'allowInsecure: true'],
  ['https://app.prefactorai.com\n', 'must not hold blanks, line breaks or control characters'],
  [' https://app.prefactorai.com', 'must not hold blanks'],
  ['https://app.prefactor\tai.com', 'must not hold blanks'],
  ['https://app.prefactorai.com/\r\nHost: evil', 'must not hold blanks'],
  ['https://app.prefactorai.com/a b', 'must not hold blanks'],
  ['https://app.prefactorai.com/\u0000', 'must not hold blanks'],
  ['https://app.prefactorai.com/\u0085', 'must not hold blanks'],
  ['https://app.prefactorai.com/\u2028', 'must not hold blanks'],
  ['https://me:secret@x.example\n', 'must not hold blanks'],
  ['https://me:secret@app.prefactorai.com', 'must not hold a user name or password'],
  ['https://app.prefactorai.com/?a=1', 'must not hold a query'],
  ['https://app.prefactorai.com/#a', 'must not hold a query'],
])('%s is refused', (text, problem) => {
  const read = readApiUrl(text, false);
  expect(JSON.stringify(read)).toContain(problem);
  expect(read).toHaveProperty('problem');
  expect(JSON.stringify(read)).not.toContain('secret');
});

test('http: elsewhere can be allowed', () => {
  expect(readApiUrl('http://api.internal', true)).toEqual({ url: 'http://api.internal' });
});
