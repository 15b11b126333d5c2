import { isDeepStrictEqual } from 'node:util';
import { IdGenerator } from '../../../ids/id-generator.ts';
import { isPfid } from '../../../ids/pfid.ts';
import { isJsonObject } from '../../../recordings/actions/json.ts';
import type { DoctorRefusal } from './doctor-api.ts';
import { asAssumed, different, unknown } from './question-finding.ts';
import type { RunQuestions } from './smoke-run.ts';

const idsAdvice = "Give the client ids: 'server'.";

/** Ids of spans that the client makes itself (docs/internals/api.md, "Ids"). */
export const idQuestions: RunQuestions = {
  async 'client-id'(run) {
    if (!isPfid(run.id)) return different(`The run's own id is no PFID. ${idsAdvice}`);
    const id = run.newId();
    const output = await run.one(run.create({ id }));
    if (output.kind === 'refused') {
      return different(`It is refused (${output.because}). ${idsAdvice}`);
    }
    run.idsHold = output.details['id'] === id;
    return run.idsHold
      ? asAssumed('Yes, details.id is the id that was sent.')
      : different(`No, details.id is another one. ${idsAdvice}`);
  },
  async 'tree-in-one-request'(run) {
    const parent = run.newId();
    const items = [
      run.create({ id: parent, status: 'active' }),
      run.create({ id: run.newId(), parent_span_id: parent }),
      run.finish(parent),
    ];
    const answer = await run.bulk(...items);
    if (answer.kind === 'refused') {
      return different(`The whole request is refused (${answer.because}). ${idsAdvice}`);
    }
    const names = ['span', 'child', 'finish'];
    for (const [i, output] of answer.outputs.entries()) {
      if (output?.kind === 'success') continue;
      return different(`The ${names[i]} fails (${output?.because ?? 'no output'}). ${idsAdvice}`);
    }
    return asAssumed('Yes, all three succeed.');
  },
  async 'id-twice'(run) {
    const id = run.newId();
    await run.must(run.create({ id }));
    const output = await run.one(run.create({ id }));
    if (output.kind === 'success') {
      return different('A success: an id does not stand for one span.');
    }
    return saysIdExists(output)
      ? asAssumed(`It is refused (${output.because}).`)
      : different(
          `It is refused (${output.because}), which may mean anything to the client: calls that use the span fail as well.`,
        );
  },
  async 'other-partition'(run) {
    const output = await run.one(run.create({ id: new IdGenerator().makeRoot() }));
    return output.kind === 'success'
      ? asAssumed('Yes. The client makes none.')
      : asAssumed(`No, it is refused (${output.because}). The client makes none.`);
  },
};

/**
 * Whether the client takes the error for an id that exists, and rejects that call alone: by the code
 * `conflict`, or where validation finds fault with the id alone.
 */
function saysIdExists({ code, errors }: DoctorRefusal): boolean {
  if (code !== 'validation_errors') return code === 'conflict';
  return isJsonObject(errors) && Object.keys(errors).join() === 'id';
}

/** See docs/internals/api.md, "Error codes". */
const USED = 'idempotency_key_already_used';

/** Idempotency keys (docs/internals/api.md, "Idempotency keys"). */
export const keyQuestions: RunQuestions = {
  async replay(run) {
    const item = run.create();
    const first = await run.must(item);
    const second = await run.one(item);
    if (second.kind === 'refused') {
      const fate = second.code === USED ? 'end in doubt' : 'fail';
      return different(
        `It is refused (${second.because}): a call whose answer was lost would ${fate}, though it was done.`,
      );
    }
    if (first.details['id'] !== second.details['id']) {
      return different('It is done again: a call whose answer was lost would be done twice.');
    }
    return isDeepStrictEqual(first.fields, second.fields)
      ? asAssumed('Yes, to the letter.')
      : asAssumed('Yes, the same id, though not every field is the same.');
  },
  async 'key-at-once'(run) {
    const item = run.create();
    const [first, second] = await Promise.all([run.one(item), run.one(item)]);
    if (first.kind === 'success' && second.kind === 'success') {
      return first.details['id'] === second.details['id']
        ? asAssumed('The same answer, and it is done once.')
        : different('It is done twice: an attempt that is repeated too early doubles a call.');
    }
    const refused = first.kind === 'refused' ? first : second;
    if (refused.kind === 'success' || first.kind === second.kind) {
      return different('Both are refused.');
    }
    return refused.code === USED
      ? different(
          `It is refused (${refused.because}): what is repeated before it was through ends in doubt.`,
        )
      : different(`It is refused (${refused.because}), though it is being done.`);
  },
  async 'other-body'(run) {
    const item = run.create();
    const first = await run.must(item);
    const second = await run.one({
      ...run.create({ payload: { asked_by: 'another body' } }),
      idempotency_key: item.idempotency_key,
    });
    if (second.kind === 'refused') {
      return asAssumed(`It is refused (${second.because}). The client never sends that.`);
    }
    return first.details['id'] === second.details['id']
      ? asAssumed('The answer to the first body. The client never sends that.')
      : different('It is done: one key stands for two things.');
  },
  async 'stored-error'(run) {
    const id = run.newId();
    const tooEarly = run.finish(id);
    const first = await run.one(tooEarly);
    if (first.kind === 'success') return unknown('What should have failed did not.');
    await run.must(run.create({ id, status: 'active' }));
    const second = await run.one(tooEarly);
    if (second.kind === 'success') {
      return asAssumed('No: with its reason gone, the same key succeeds.');
    }
    // The span must not stay open.
    await run.must(run.finish(id));
    return asAssumed(
      `Yes: with its reason gone, the same key still gets ${second.because}. The client gives an error up that comes three times.`,
    );
  },
  async 'key-space'(run) {
    const item = run.create();
    const { idempotency_key, details } = item;
    const first = await run.must(item);
    const second = await run.single('/api/v1/agent_spans', { details, idempotency_key });
    const note = 'The client uses bulk requests only.';
    if (second.kind === 'refused') {
      return asAssumed(`The single endpoint refuses the key (${second.because}). ${note}`);
    }
    return first.details['id'] === second.details['id']
      ? asAssumed(`Yes, it gets the same span. ${note}`)
      : asAssumed(`No, it makes a second span. ${note}`);
  },
};
