/** Which kind of end the rejection of a call belongs to. */
import { readError } from './errors.ts';
import { USED_CODE } from './server.ts';

export function rowOf(error: unknown): string {
  const { code, status, apiCode, message, maybeApplied } = readError(error);
  switch (code) {
    case undefined:
      return 'row aborted';
    case 'SKIPPED':
      return 'row skipped: rejects';
    case 'CONTRACT_BROKEN':
      if (message.includes('larger than')) return 'row large: contract error alone';
      if (message.includes('The output for')) return 'row malformed output: contract error';
      return message.includes('no output for')
        ? 'row missing: contract error at the end'
        : 'row body: contract error at the end';
    case 'RETRY_EXHAUSTED':
      if (message.includes('deliveryTimeoutMs')) return 'row delivery: its time is over';
      return message.includes('an error that may pass')
        ? 'row passing error: used up'
        : 'row lost: used up';
    case 'DEPENDENCY_FAILED':
      return 'row dependency: rejects unsent';
    case 'CLOSED':
    case 'QUEUE_FULL':
    case 'IDEMPOTENCY_CONFLICT':
    case 'INVALID_ARGUMENT':
      return `row ${code}`;
    case 'CONFLICT':
      if (apiCode === USED_CODE) return `row used key: ${maybeApplied ? 'in doubt' : 'rejects'}`;
      return rowOfAnswer(status, apiCode);
    default:
      return rowOfAnswer(status, apiCode);
  }
}

function rowOfAnswer(status: number | undefined, apiCode: string | undefined): string {
  if (status === undefined) {
    const isPassing = apiCode === 'unexpected' || apiCode === 'temporarily_unavailable';
    return isPassing ? 'row passing error: stored, rejects' : 'row error: rejects';
  }
  switch (status) {
    case 400:
    case 413:
    case 422:
      return `row refused alone: ${status} rejects`;
    case 401:
    case 403:
      return `row access: ${status} rejects`;
    default:
      return `row other refusal: ${status} rejects`;
  }
}
