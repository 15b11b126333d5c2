/** What an item at fault does to its request (docs/internals/api.md, "Processing" and "Error body"). */
import { isListedCode } from '../../../testing/wire/errors.ts';
import type { Item } from './doctor-api.ts';
import { halvingStatuses, idOf } from './doctor-api.ts';
import type { Finding } from './question-finding.ts';
import { asAssumed, different, unknown } from './question-finding.ts';
import type { RunQuestions, SmokeRun } from './smoke-run.ts';

export const errorQuestions: RunQuestions = {
  async 'stops-at-error'(run) {
    const before = run.create();
    const wrong = run.finish(run.newId());
    const afterId = run.newId();
    const after = run.create(run.idsHold ? { id: afterId } : {});
    const answer = await run.bulk(before, wrong, after);
    if (answer.kind === 'refused') {
      return different(`The whole request is refused (${answer.because}); the client halves it.`);
    }
    const { status, outputs } = answer;
    const [first, second, third] = outputs;
    if (first?.kind !== 'success') return different('The item before the error does not succeed.');
    if (second?.kind !== 'refused') {
      return different('To finish a span that was never made is no error.');
    }
    if (third !== undefined) {
      return different(`The item after the error has an output all the same (${third.kind}).`);
    }
    if (run.idsHold && (await run.isMade(afterId))) {
      return different('The item after the error is absent, but was done.');
    }
    const again = await run.one(after);
    if (again.kind === 'refused') {
      return different(
        `The item after the error is absent, and refused when it comes again (${again.because}).`,
      );
    }
    return asAssumed(
      `Yes (${status}, ${second.because}). What comes after it is taken later, under its key.`,
    );
  },
  'unknown-type': (run) => besideOthers(run, run.action('agent_instances/no_such_action')),
  'missing-field': (run) => besideOthers(run, run.create({ schema_name: undefined })),
  async 'item-codes'(run) {
    const id = idOf(await run.must(run.create())) || run.newId();
    const wrong = [
      run.finish(run.newId()),
      run.finish(id),
      run.create({ status: 'no such status' }),
      run.create({ parent_span_id: run.newId() }),
    ];
    const seen: string[] = [];
    for (const item of wrong) {
      const output = await run.one(item);
      if (output.kind === 'refused') seen.push(output.code);
    }
    if (seen.length === 0) return unknown('Nothing that was asked for is an error.');
    const others = seen.filter((code) => !isListedCode(code));
    const shown = [...new Set(seen.map((code) => (isListedCode(code) ? code : 'another word')))];
    return others.length === 0
      ? asAssumed(`Yes: ${shown.join(', ')}.`)
      : different(
          `Not all (${shown.join(', ')}): an error without a code of the list is final, whatever it says.`,
        );
  },
};

async function besideOthers(run: SmokeRun, malformed: Item): Promise<Finding> {
  const beforeId = run.newId();
  const before = run.create(run.idsHold ? { id: beforeId } : {});
  const after = run.create();
  const answer = await run.bulk(before, malformed, after);
  if (answer.kind === 'refused') {
    const { status, because } = answer;
    if (status === undefined || !halvingStatuses.has(status)) {
      return different(
        `The whole request gets ${because}, which the client does not take for a fault of one item.`,
      );
    }
    if (run.idsHold && (await run.isMade(beforeId))) {
      return different(
        `The whole request is refused (${because}), though the item before it was done.`,
      );
    }
    return asAssumed(`The whole request is refused (${because}); the client halves it.`);
  }
  const [first, second, third] = answer.outputs;
  if (second === undefined) return different('It has no output, and the request is not refused.');
  if (second.kind === 'success') return different('It succeeds.');
  if (first?.kind !== 'success') return different('The item before it does not succeed.');
  if (third !== undefined) return different('The item after it has an output all the same.');
  return asAssumed(`It fails alone (${second.because}), and stops the request.`);
}
