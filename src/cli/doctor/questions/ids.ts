/** Ids of spans that the client makes itself (docs/internals/api.md, "Ids"). */

import { isPfid } from '../../../ids/pfid.ts';
import { isJsonObject } from '../../../recordings/actions/exact-json.ts';
import type { DoctorRefusal } from './doctor-api.ts';
import { asAssumed, different } from './question-finding.ts';
import type { RunQuestions } from './smoke-run.ts';

const idsAdvice = "Give the client ids: 'server'.";

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
    const output = await run.one(run.create({ id: run.otherId() }));
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
