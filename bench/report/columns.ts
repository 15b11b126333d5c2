/** How each column is named and written, for the terminal and for the documents alike. */
import type { Column, Ratios, Row } from '../results.ts';

export interface Shown {
  readonly heads: readonly string[];
  readonly cells: (row: Row) => readonly string[];
}

const ratio = (value: number | undefined): string => (value === undefined ? '' : fixed(value));

export const COLUMNS: Readonly<Record<Column, Shown>> = {
  settled: one('settled', ({ settled, called }) => part(settled, called)),
  called: one('calls', ({ called }) => whole(called)),
  cpuUs: one('CPU µs', ({ cpuUs }) => fixed(cpuUs)),
  perSecond: one('calls/s', ({ perSecond }) => whole(perSecond)),
  p50Ms: one('p50 ms', ({ p50Ms }) => fixed(p50Ms)),
  p99Ms: one('p99 ms', ({ p99Ms }) => fixed(p99Ms)),
  requests: one('requests', ({ requests }) => whole(requests)),
  leastRequests: {
    heads: ['least', '÷ least'],
    cells: ({ requests, leastRequests }) => [
      whole(leastRequests),
      requests === undefined || leastRequests === undefined ? '' : fixed(requests / leastRequests),
    ],
  },
  itemsPerCall: one('items ÷ calls', ({ itemsPerCall }) => fixed(itemsPerCall)),
  meanBatch: one('mean batch', ({ meanBatch }) => fixed(meanBatch)),
  inFlight: one('in flight', ({ inFlight }) => whole(inFlight)),
  bytesPerCall: one('bytes a call', ({ bytesPerCall }) => whole(bytesPerCall)),
  bytesLeftPerCall: one('left', ({ bytesLeftPerCall }) => whole(bytesLeftPerCall)),
  oldBytesLeftPerCall: one('left, old', ({ oldBytesLeftPerCall }) => whole(oldBytesLeftPerCall)),
  toFetch: {
    heads: ['CPU ÷ fetch', 'calls/s ÷ fetch'],
    cells: ({ toFetch }) => [ratio(toFetch?.cpu), ratio(toFetch?.perSecond)],
  },
  toDispatch: one('CPU ÷ dispatch', ({ toDispatch }) => ratio(toDispatch?.cpu)),
  toDirect: one('p50 ÷ direct', ({ toDirect }: { toDirect?: Ratios }) => ratio(toDirect?.p50)),
  overPlainUs: one('µs over plain', ({ overPlainUs }) => fixed(overPlainUs)),
  note: one('', ({ note }) => note ?? ''),
};

function one(head: string, cell: (row: Row) => string): Shown {
  return { heads: [head], cells: (row) => [cell(row)] };
}

/** With as many digits as say something. */
export function fixed(value: number | undefined): string {
  if (value === undefined) return '';
  const size = Math.abs(value);
  return size >= 1000 ? whole(value) : value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}

export function whole(value: number | undefined): string {
  return value === undefined ? '' : (Math.round(value) + 0).toLocaleString('en');
}

function part(settled: number, called: number): string {
  return settled === called ? 'all' : `${whole(settled)} of ${whole(called)}`;
}
