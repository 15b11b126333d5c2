/**
 * How much a request may hold (docs/internals/api.md, "Limits"). All items are finishes of a span that was
 * never made: the first stops the request, so that nothing is stored however many there are.
 */
import { isSuccess } from '../../api/api-requests.ts';
import { amount, bytes } from '../../terminal/figures.ts';
import type { Item } from './doctor-api.ts';
import { halvingStatuses } from './doctor-api.ts';
import type { Finding } from './question-finding.ts';
import { asAssumed, different, Unanswered, unknown } from './question-finding.ts';
import type { RunQuestions, SmokeRun } from './smoke-run.ts';

export const MOST_ITEMS = 1_000;
export const MOST_BYTES = 4_000_000;

export const limitQuestions: RunQuestions = {
  'max-items': (run) =>
    probe(run, {
      assumed: 100,
      most: MOST_ITEMS,
      show: (size) => `${amount(size)} items`,
      option: 'batch.maxItems',
      itemsOf: (size) => Array.from({ length: size }, () => run.finish(run.newId())),
    }),
  'max-bytes': (run) =>
    probe(run, {
      assumed: 1_000_000,
      most: MOST_BYTES,
      show: bytes,
      option: 'batch.maxBytes',
      itemsOf: (length) => [padded(run, length)],
    }),
};

interface Probe {
  /** What the client sends by default. */
  readonly assumed: number;
  readonly most: number;
  readonly show: (size: number) => string;
  /** The client's option for it. */
  readonly option: string;
  readonly itemsOf: (size: number) => readonly Item[];
}

/** Doubles the size that the client assumes, or halves it if that is too much. */
async function probe(
  run: SmokeRun,
  { assumed, most, show, option, itemsOf }: Probe,
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
    const canLearn = halvingStatuses.has(Number(refusal));
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
