import { expect, test } from 'vitest';
import { VERSION } from '../../src/lib/version.ts';
import { isAutobatchRequest, sdkHeader } from '../../src/transport/sdk-header.ts';

const ours = `prefactor-autobatch@${VERSION}`;

test('adapters come first, we last, nobody twice', () => {
  expect(sdkHeader(['b@1', 'a@2', 'b@1', ours])).toEqual({ 'x-prefactor-sdk': `b@1 a@2 ${ours}` });
  expect(sdkHeader([])).toEqual({ 'x-prefactor-sdk': ours });
});

const value = `my-adapter@1 ${ours}`;

test.each<[string, { headers?: unknown }]>([
  ['a Request', new Request('https://api.example', { headers: { 'X-Prefactor-SDK': value } })],
  ['Headers', { headers: new Headers({ 'X-Prefactor-SDK': value }) }],
  ['a record', { headers: { accept: '*/*', 'X-Prefactor-SDK': value } }],
  ['a Map', { headers: new Map([['x-prefactor-sdk', value]]) }],
  ['pairs', { headers: [['x-prefactor-sdk', value]] }],
  ['a flat list, as undici has it', { headers: ['accept', '*/*', 'X-Prefactor-SDK', value] }],
])('our request is known by its header: %s', (_, request) => {
  expect(isAutobatchRequest(request)).toBe(true);
});

test.each<[string, { headers?: unknown }]>([
  ['another', new Request('https://api.example')],
  ['one of another SDK', { headers: { 'x-prefactor-sdk': 'prefactor-core@1' } }],
  [
    'one of a package that sounds alike',
    { headers: { 'x-prefactor-sdk': 'my-prefactor-autobatch@1' } },
  ],
  ['one with our name elsewhere', { headers: { 'user-agent': ours } }],
  ['one without a value', { headers: ['x-prefactor-sdk'] }],
  ['one without headers', {}],
  ['one with null', { headers: null }],
  ['one with a text', { headers: value }],
])('%s is not ours', (_, request) => {
  expect(isAutobatchRequest(request)).toBe(false);
});
