/** Where the fields of an action stand, and what comes back (docs/internals/api.md, "Actions"). */

import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../../recordings/actions/json.ts';
import { isJsonObject } from '../../../recordings/actions/json.ts';
import type { DoctorSuccess } from './doctor-api.ts';
import { idOf } from './doctor-api.ts';
import { asAssumed, different, Unanswered, unknown } from './question-finding.ts';
import type { RunQuestions, SmokeRun } from './smoke-run.ts';

const FINISH_RESULT: JsonObject = { asked_by: 'finish' };

/** The first one starts the run. */
export const shapeQuestions: RunQuestions = {
  async start(run) {
    const timestamp = new Date().toISOString();
    const output = await run.one(run.action('agent_instances/start', { timestamp }));
    return output.kind === 'success'
      ? asAssumed('Yes.')
      : different(`No, it is refused (${output.because}).`);
  },
  async 'create-in-details'(run) {
    const payload = { asked_by: 'create-in-details' };
    const output = await run.one(run.create({ payload }));
    if (output.kind === 'refused') return different(`No, it is refused (${output.because}).`);
    if (output.details['payload'] === undefined) {
      return unknown('It succeeds, but its answer does not show the payload.');
    }
    return isDeepStrictEqual(output.details['payload'], payload)
      ? asAssumed('Yes, the payload is there.')
      : different('It succeeds, but its payload is lost.');
  },
  async 'flat-create'(run) {
    const { details, ...item } = run.create();
    const output = await run.one({ ...(isJsonObject(details) ? details : {}), ...item });
    return output.kind === 'success'
      ? asAssumed('Yes. The client sends details.')
      : asAssumed(`No, it is refused (${output.because}). The client sends details.`);
  },
  async 'flat-finish'(run) {
    const id = idOf(await run.must(run.create({ status: 'active' })));
    const output = await run.one(run.finish(id, { result_payload: FINISH_RESULT }));
    if (output.kind === 'refused') return different(`No, it is refused (${output.because}).`);
    const stored = await storedResult(run, id, output);
    if (stored === undefined) return unknown('It succeeds, but nothing shows the result.');
    return isDeepStrictEqual(stored, FINISH_RESULT)
      ? asAssumed('Yes.')
      : different('It succeeds, but its result is lost.');
  },
  async 'wrapped-finish'(run) {
    const id = idOf(await run.must(run.create({ status: 'active' })));
    const { status, ...item } = run.finish(id);
    const output = await run.one({ ...item, details: { status, result_payload: FINISH_RESULT } });
    if (output.kind === 'refused') {
      // The span must not stay open.
      await run.must(run.finish(id));
      return asAssumed(`It is refused (${output.because}). The client sends flat fields.`);
    }
    const stored = await storedResult(run, id, output);
    if (stored === undefined) {
      return asAssumed('A success; nothing shows its result. The client sends flat fields.');
    }
    return isDeepStrictEqual(stored, FINISH_RESULT)
      ? asAssumed('It is taken as well. The client sends flat fields.')
      : asAssumed('A success, and its result is lost. The client sends flat fields.');
  },
  async 'record-quality'(run) {
    const fields = { name: 'doctor', payload: { asked_by: 'record-quality' } };
    const output = await run.one(run.action('agent_instances/record_quality', fields));
    if (output.kind === 'success') return asAssumed('Yes.');
    const none = await run.one(run.action('agent_instances/no_such_action'));
    return none.kind === 'refused' && none.because === output.because
      ? different(`No, it is refused as an unknown type is (${output.because}).`)
      : unknown(`It is refused (${output.because}), perhaps since no schema names this quality.`);
  },
  async 'undeclared-schema'(run) {
    const output = await run.one(run.create({ schema_name: 'doctor:undeclared' }));
    return output.kind === 'success'
      ? asAssumed('Yes.')
      : different(`No, it is refused (${output.because}). Declare every span type on register.`);
  },
  async control(run) {
    const inBulk = (await run.must(run.create())).fields['control'];
    if (isJsonObject(inBulk)) return asAssumed('Yes, also while the run goes on.');
    if (inBulk !== undefined) return different('Yes, but it is no object; the client ignores it.');
    const { details } = run.create();
    const single = await run.single('/api/v1/agent_spans', { details });
    if (single.kind === 'success' && single.fields['control'] !== undefined) {
      return different(
        'Not in bulk, though the single endpoint has it: the client may not hear when a run is ended.',
      );
    }
    return asAssumed('Not while the run goes on. The client looks for it in each.');
  },
  async echo(run) {
    const payload = { asked_by: 'echo' };
    const created = await run.must(run.create({ status: 'active', payload }));
    const finished = await run.must(run.finish(idOf(created), { result_payload: FINISH_RESULT }));
    const repeated = [
      ...(isJsonObject(created.details['payload']) ? ["a create's"] : []),
      ...(isJsonObject(finished.details['payload']) ? ["a finish's, that of its create"] : []),
      ...(isJsonObject(finished.details['result_payload']) ? ["a finish's result"] : []),
    ];
    return repeated.length === 0
      ? asAssumed('No: answers are small, whatever was sent.')
      : asAssumed(
          `Yes (${repeated.join('; ')}): answers are as large as what was sent. The client packs finishes by that.`,
        );
  },
};

/** The result in the answer, or else in the span itself; undefined if neither shows it. */
async function storedResult(run: SmokeRun, id: string, output: DoctorSuccess): Promise<unknown> {
  const { result_payload: answered } = output.details;
  if (answered !== undefined && answered !== null) return answered;
  try {
    const shown = await run.single(`/api/v1/agent_spans/${encodeURIComponent(id)}`);
    return shown.kind === 'success' ? shown.details['result_payload'] : answered;
  } catch (error) {
    // A deployment's token may not read spans (docs/internals/api.md, "Tokens").
    if (error instanceof Unanswered) return answered;
    throw error;
  }
}
