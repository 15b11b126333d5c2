/**
 * State of a span. Create one as `active`, or as what it ended in: not every version of the API takes
 * `pending` and `terminated`.
 */
export type SpanStatus = 'active' | 'complete' | 'failed' | 'cancelled' | 'pending' | 'terminated';

/** State of an instance. */
export type InstanceStatus = SpanStatus;

/** How a span or an instance ended. */
export type FinishStatus = 'complete' | 'failed' | 'cancelled';

/** After these nothing more happens to a span or an instance (docs/internals/api.md, "Status"). */
export const terminalStatuses: ReadonlySet<unknown> = new Set<SpanStatus>([
  'complete',
  'failed',
  'cancelled',
  'terminated',
]);
