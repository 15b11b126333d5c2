// The command `doctor --write`: each question gets another answer where the API behaves otherwise.

import { expect, test } from 'vitest';
import type { Script } from '../scripted-api.ts';
import { bulkAnswer, errorBody, serveScripted } from '../scripted-api.ts';
import { ask, runsOf } from './ask-doctor.ts';
import {
  askedBy,
  countAnswers,
  detailsOf,
  editCodes,
  editItems,
  forgetKeys,
  forgetKnownIds,
  hasResult,
  hideResults,
  isStopper,
  isUnknownType,
  isWrapped,
  keepFirstItems,
  lacksField,
  mapOutputs,
  ofType,
  oneByOne,
  otherRunId,
  refuse,
  refuseKnownKeys,
  withDetail,
  withItem,
} from './scripts.ts';

const cases: readonly (readonly [what: string, Script, id: string, answer: string])[] = [
  [
    'that knows no agent_instances/start',
    withItem(ofType('agent_instances/start'), refuse(422)),
    'start',
    'different: No, it is refused (422 validation_errors: No).',
  ],
  [
    'whose ids are its own',
    withItem(
      withDetail('id'),
      editItems(({ details, ...item }) => {
        const { id: _id, ...rest } = details as Record<string, unknown>;
        return { ...item, details: rest };
      }),
    ),
    'client-id',
    "different: No, details.id is another one. Give the client ids: 'server'.",
  ],
  [
    "that refuses a client's id",
    withItem(withDetail('id'), refuse(422)),
    'client-id',
    "different: It is refused (422 validation_errors: No). Give the client ids: 'server'.",
  ],
  [
    'whose instances have ids of another form',
    otherRunId('run-1'),
    'client-id',
    "different: The run's own id is no PFID.",
  ],
  [
    'that refuses a child in the request of its parent',
    withItem(withDetail('parent_span_id'), refuse(422)),
    'tree-in-one-request',
    'different: The whole request is refused (422 validation_errors: No).',
  ],
  [
    'that does not find a parent of the same request',
    withItem(withDetail('parent_span_id'), ({ items: [first] }) =>
      bulkAnswer({ [first?.idempotency_key ?? '']: errorBody('not_found') }),
    ),
    'tree-in-one-request',
    'different: The span fails (not_found: No).',
  ],
  [
    'that makes a second span of an id',
    forgetKnownIds(),
    'id-twice',
    'different: A success: an id does not stand for one span.',
  ],
  [
    'that fails as a whole for one error',
    withItem(isStopper, refuse(422)),
    'stops-at-error',
    'different: The whole request is refused (422 validation_errors: No)',
  ],
  [
    'that goes on after an error',
    withItem(
      isStopper,
      oneByOne(() => true),
    ),
    'stops-at-error',
    'different: The item after the error has an output all the same (success).',
  ],
  [
    'that goes on after an error and says nothing of it',
    withItem(
      isStopper,
      oneByOne((_item, failed) => !failed),
    ),
    'stops-at-error',
    'different: The item after the error is absent, but was done.',
  ],
  [
    'whose finish of nothing is no error',
    editCodes('not_found', undefined),
    'stops-at-error',
    'different: To finish a span that was never made is no error.',
  ],
  [
    'that fails only the item of an unknown type',
    withItem(
      isUnknownType,
      oneByOne((_item, failed) => !failed, true),
    ),
    'unknown-type',
    'ok: It fails alone (validation_errors: Request is not valid), and stops the request.',
  ],
  [
    'that falls over an unknown type',
    withItem(isUnknownType, refuse(500)),
    'unknown-type',
    'different: The whole request gets 500 validation_errors: No, which the client does not take',
  ],
  [
    'that refuses the request, but has done what comes before the unknown type',
    withItem(isUnknownType, async ({ items }, forward) => {
      await forward({ items: items.slice(0, items.findIndex(isUnknownType)) });
      return { status: 422, body: errorBody('validation_errors') };
    }),
    'unknown-type',
    'different: The whole request is refused (422 validation_errors: No), though the item before',
  ],
  [
    'that passes over an unknown type',
    withItem(isUnknownType, ({ items }, forward) =>
      forward({ items: items.filter((item) => !isUnknownType(item)) }),
    ),
    'unknown-type',
    'different: It has no output, and the request is not refused.',
  ],
  [
    'that takes a span without a schema',
    withItem(
      lacksField,
      editItems((item) => ({ ...item, details: { ...detailsOf(item), schema_name: 'a' } })),
    ),
    'missing-field',
    'different: It succeeds.',
  ],
  [
    'that refuses a request for a missing field',
    withItem(lacksField, refuse(422)),
    'missing-field',
    'ok: The whole request is refused (422 validation_errors: No); the client halves it.',
  ],
  [
    'that goes on after a missing field',
    withItem(
      lacksField,
      oneByOne(() => true),
    ),
    'missing-field',
    'different: The item after it has an output all the same.',
  ],
  [
    'that knows no keys',
    forgetKeys(() => true),
    'replay',
    'different: It is done again: a call whose answer was lost would be done twice.',
  ],
  [
    'whose repeated answers are not the same in all fields',
    countAnswers(),
    'replay',
    'ok: Yes, the same id, though not every field is the same.',
  ],
  [
    'that refuses a known key',
    refuseKnownKeys(),
    'replay',
    'different: It is refused (known: No): a call whose answer was lost would fail',
  ],
  [
    'that refuses what is still under way, by another word',
    refuseKnownKeys('busy'),
    'key-at-once',
    'different: It is refused (busy: No), though it is being done.',
  ],
  [
    'that does twice what comes twice at once',
    forgetKeys(() => true),
    'key-at-once',
    'different: It is done twice',
  ],
  [
    'whose items have codes of their own',
    editCodes('not_found', 'out_of_tea'),
    'item-codes',
    'different: Not all (another word, ',
  ],
  [
    'that answers with ids alone',
    withItem(
      ({ _type }) => _type.startsWith('agent_spans/'),
      async ({ items }, forward) => {
        const answer = await forward();
        if (answer.status !== 200) return answer;
        const idOnly = (output: Readonly<Record<string, unknown>>) => {
          const { id } = output['details'] as { id: string };
          return { ...output, details: { id } };
        };
        return bulkAnswer(mapOutputs(answer.outputs, items, idOnly));
      },
    ),
    'echo',
    'ok: No: answers are small, whatever was sent.',
  ],
  [
    'that answers for a known key without looking at the body',
    keepFirstItems(),
    'other-body',
    'ok: The answer to the first body.',
  ],
  [
    'that does another body under a known key',
    forgetKeys(askedBy('another body')),
    'other-body',
    'different: It is done: one key stands for two things.',
  ],
  [
    'whose single endpoints have keys of their own',
    ({ path, body }, forward) =>
      path === '/api/v1/agent_spans'
        ? forward({ ...body, idempotency_key: 'another-key' })
        : undefined,
    'key-space',
    'ok: No, it makes a second span.',
  ],
  [
    'whose single endpoint refuses the key',
    ({ path, body }) =>
      path === '/api/v1/agent_spans' && body['idempotency_key'] !== undefined
        ? { status: 409, body: errorBody('conflict') }
        : undefined,
    'key-space',
    'ok: The single endpoint refuses the key (409 conflict: No).',
  ],
  [
    'that loses a payload',
    withItem(
      askedBy('create-in-details'),
      editItems((item) => ({
        ...item,
        details: { ...detailsOf(item), payload: {} },
      })),
    ),
    'create-in-details',
    'different: It succeeds, but its payload is lost.',
  ],
  [
    'that shows no payload',
    withItem(askedBy('create-in-details'), async ({ items }, forward) => {
      const { outputs } = await forward();
      return bulkAnswer(
        mapOutputs(outputs, items, (output) => ({ ...output, details: { id: 'a' } })),
      );
    }),
    'create-in-details',
    'unknown: It succeeds, but its answer does not show the payload.',
  ],
  [
    'that takes flat creates as well',
    withItem(
      (item) => item['schema_name'] !== undefined,
      editItems(({ _type, idempotency_key, ...details }) => ({
        _type,
        idempotency_key,
        details,
      })),
    ),
    'flat-create',
    'ok: Yes. The client sends details.',
  ],
  [
    'that shows no result of a finish, and no span',
    hideResults(undefined),
    'flat-finish',
    'unknown: It succeeds, but nothing shows the result.',
  ],
  [
    'that answers a finish without its result, and shows no span',
    hideResults(null),
    'flat-finish',
    'different: It succeeds, but its result is lost.',
  ],
  [
    'that loses the result of a flat finish',
    withItem(
      hasResult,
      editItems(({ result_payload: _lost, ...item }) => item),
    ),
    'flat-finish',
    'different: It succeeds, but its result is lost.',
  ],
  [
    'that stores a wrapped finish without its result',
    withItem(
      isWrapped,
      editItems(({ details: _lost, ...item }) => item),
    ),
    'wrapped-finish',
    'ok: A success, and its result is lost.',
  ],
  [
    'that takes a wrapped finish',
    withItem(
      isWrapped,
      editItems(({ details, ...item }) => ({ ...item, ...(details as object) })),
    ),
    'wrapped-finish',
    'ok: It is taken as well.',
  ],
  [
    'that knows no record_quality',
    withItem(ofType('agent_instances/record_quality'), refuse(422, 'Request is not valid')),
    'record-quality',
    'different: No, it is refused as an unknown type is (422 validation_errors: Request is not valid).',
  ],
  [
    'that refuses this quality',
    withItem(ofType('agent_instances/record_quality'), refuse(422, 'No such quality')),
    'record-quality',
    'unknown: It is refused (422 validation_errors: No such quality)',
  ],
  [
    'that wants every schema declared',
    withItem(withDetail('schema_name', 'doctor:undeclared'), refuse(422)),
    'undeclared-schema',
    'different: No, it is refused (422 validation_errors: No). Declare every span type',
  ],
  [
    'that has a control which is a word',
    withItem(ofType('agent_spans/create'), async ({ items }, forward) => {
      const answer = await forward();
      if (answer.status !== 200) return answer;
      return bulkAnswer(
        mapOutputs(answer.outputs, items, (output) => ({ ...output, control: 'go on' })),
      );
    }),
    'control',
    'different: Yes, but it is no object; the client ignores it.',
  ],
  [
    'whose single endpoint alone has a control',
    async ({ path }, forward) => {
      if (path !== '/api/v1/agent_spans') return undefined;
      const { status, body } = await forward();
      return {
        status,
        body: { ...(body as object), control: { terminate: false, reason: null } },
      };
    },
    'control',
    'different: Not in bulk, though the single endpoint has it',
  ],
  [
    'whose proxy breaks off large bodies',
    withItem((item) => JSON.stringify(item).length > 600_000, refuse(502)),
    'max-bytes',
    'different: 500.0 kB; 1.0 MB are refused (502). The client cannot find that out: set batch.maxBytes.',
  ],
  [
    'that asks for fewer requests when they are large',
    ({ items }) =>
      items.length > 200 ? { status: 429, body: errorBody('rate_limited') } : undefined,
    'max-items',
    'problem: Too many requests (429). Ask again later.',
  ],
  [
    'that refuses padding of any length',
    withItem((item) => JSON.stringify(item).includes('"padding"'), refuse(422)),
    'max-bytes',
    'unknown: Even a small request of this kind is refused (422).',
  ],
  [
    'that knows no agent_instances/finish',
    withItem(ofType('agent_instances/finish'), refuse(422)),
    'finish',
    'different: No, it is refused (422 validation_errors: No); the single endpoint has finished it.',
  ],
];

test.each(cases)('of one %s', async (_what, script, id, answer) => {
  const api = await serveScripted(script);
  const { code, says } = await ask(api);
  expect(says[id]).toContain(answer);
  expect(code === 0).toBe(Object.values(says).every((one) => /^(ok|unknown): /.test(one)));
  expect(runsOf(api)).toMatchObject([{ status: 'complete', purpose: 'smoke_test' }]);
});
