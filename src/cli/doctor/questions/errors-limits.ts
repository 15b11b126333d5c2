import { isListedCode } from '../../../testing/wire/errors.ts';
import { isSuccess } from '../../../transport/bulk-transport.ts';
import { amount, bytes } from '../../terminal/figures.ts';
import type { Item } from './doctor-api.ts';
import { idOf } from './doctor-api.ts';
import type { Finding } from './question-finding.ts';
import { asAssumed, different, Unanswered, unknown } from './question-finding.ts';
import type { RunQuestions, SmokeRun } from './smoke-run.ts';

/** Statuses upon which the client halves a request. */
const doctorHalvingStatuses: ReadonlySet<number> = new Set([400, 413, 422]);

/** What a culprit does to its request (docs/internals/api.md, "Processing" and "Error body"). */
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
    if (status === undefined || !doctorHalvingStatuses.has(status)) {
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

export const MAX_MEASURED_ITEMS = 1_000;
export const MAX_MEASURED_BYTES = 4_000_000;

/**
 * How much a request may hold (docs/internals/api.md, "Limits"). All items are finishes of a span that was
 * never made: the first stops the request, so that nothing is stored however many there are.
 */
export const limitQuestions: RunQuestions = {
  'max-items': (run) =>
    measureLimit(run, {
      assumed: 100,
      most: MAX_MEASURED_ITEMS,
      show: (size) => `${amount(size)} items`,
      option: 'batch.maxItems',
      itemsOf: (size) => Array.from({ length: size }, () => run.finish(run.newId())),
    }),
  'max-bytes': (run) =>
    measureLimit(run, {
      assumed: 1_000_000,
      most: MAX_MEASURED_BYTES,
      show: bytes,
      option: 'batch.maxBytes',
      itemsOf: (length) => [padded(run, length)],
    }),
};

interface LimitMeasurement {
  /** What the client sends by default. */
  readonly assumed: number;
  readonly most: number;
  readonly show: (size: number) => string;
  /** The client's option for it. */
  readonly option: string;
  readonly itemsOf: (size: number) => readonly Item[];
}

/** Doubles the size that the client assumes, or halves it if that is too much. */
async function measureLimit(
  run: SmokeRun,
  { assumed, most, show, option, itemsOf }: LimitMeasurement,
): Promise<Finding> {
  const send = (size: number): Promise<string | undefined> => refusalOf(run, itemsOf(size));
  let refusal = await send(assumed);
  if (refusal === undefined) {
    for (let at = assumed; at < most; ) {
      const next = Math.min(at * 2, most);
      refusal = await send(next);
      if (refusal !== undefined) {
        return asAssumed(`${show(at)}; ${show(next)} are refused (${refusal}).`);
      }
      at = next;
    }
    return asAssumed(`${show(most)} at least; more was not tried.`);
  }
  for (let at = assumed / 2; at >= assumed / 100; at /= 2) {
    const fits = Math.floor(at);
    if ((await send(fits)) !== undefined) continue;
    const canLearn = doctorHalvingStatuses.has(Number(refusal));
    return different(
      `${show(fits)}; ${show(assumed)} are refused (${refusal}). ${
        canLearn ? 'The client finds out by halving;' : 'The client cannot find that out:'
      } set ${option}.`,
    );
  }
  return unknown(`Even a small request of this kind is refused (${refusal}).`);
}

/** Why they were refused, if they were: mostly a status. A proxy that breaks the connection off is a limit, too. */
async function refusalOf(run: SmokeRun, sent: readonly Item[]): Promise<string | undefined> {
  const answer = await run.attempt({ items: sent });
  if (answer.kind === 'silence') return answer.reason;
  const { status } = answer;
  if (status === 429) throw new Unanswered('Too many requests (429). Ask again later.');
  return isSuccess(status) ? undefined : String(status);
}

/** A finish that makes a request of so many bytes. */
function padded(run: SmokeRun, length: number): Item {
  const item = run.finish(run.newId(), { result_payload: { padding: '' } });
  const envelope = JSON.stringify({ items: [item] }).length;
  return { ...item, result_payload: { padding: 'x'.repeat(Math.max(0, length - envelope)) } };
}
