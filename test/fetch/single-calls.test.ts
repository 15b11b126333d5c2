import { expect, test } from 'vitest';
import { actionOf, fieldsOfBody, singleCallAt } from '../../src/fetch/single-calls.ts';

test.each([
  ['agent_spans', 'agent_spans/create', undefined],
  ['agent_instance/register', 'agent_instances/register', undefined],
  [
    'agent_instance/run-1/start',
    'agent_instances/start',
    { name: 'agent_instance_id', id: 'run-1' },
  ],
  [
    'agent_instance/run-1/finish',
    'agent_instances/finish',
    { name: 'agent_instance_id', id: 'run-1' },
  ],
  [
    'agent_instance/run-1/record_quality',
    'agent_instances/record_quality',
    { name: 'agent_instance_id', id: 'run-1' },
  ],
  ['agent_spans/span-1/finish', 'agent_spans/finish', { name: 'agent_span_id', id: 'span-1' }],
])('the path %s is %s', (path, type, target) => {
  expect(singleCallAt(path)).toEqual({ type, target });
});

test.each([
  'bulk',
  'ping',
  'agent_spans/',
  'agent_spans/finish',
  'agent_spans/a/b/finish',
  'agent_spans/span-1/discard_sensitive',
  'agent_instance/run-1/terminate',
  'agent_instance/run%2F1/start',
  'agent_instance//start',
])('the path %s has no action', (path) => {
  expect(singleCallAt(path)).toBeUndefined();
});

test.each(['{"a":12345678901234567}', '{"a":[1e400]}', '{"a":0.12345678901234567890}'])(
  'a number in %s would be rounded',
  (text) => {
    expect(fieldsOfBody(text)).toBeUndefined();
  },
);

test.each([
  '{"a":1.5,"b":-0.25,"c":900719925474099}',
  '{"id":"0123456789012345678901e5","\\"12345678901234567\\"":"1e9 \\\\"}',
  '{ "spaced" : [ 1 , 2 ] }',
])('nothing is rounded in %s', (text) => {
  expect(fieldsOfBody(text)).toEqual(JSON.parse(text));
});

test('fields of any name are taken over, and none becomes a prototype', () => {
  const body = fieldsOfBody('{"__proto__":{"a":1},"constructor":2}') ?? {};
  const call = { type: 'agent_instances/register', target: undefined };
  const action = actionOf(call, body, 'key-0001') ?? {};
  expect(JSON.stringify(action)).toBe(
    '{"_type":"agent_instances/register","idempotency_key":"key-0001","__proto__":{"a":1},"constructor":2}',
  );
  expect(Reflect.get(action, 'a')).toBeUndefined();
});
