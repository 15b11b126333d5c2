/**
 * State of a span. Sources differ on `pending` and `terminated`, so any
 * string is passed on as it is; create a span as `active`, or as what it ended in.
 */
export type SpanStatus =
  | 'active'
  | 'complete'
  | 'failed'
  | 'cancelled'
  | 'pending'
  | 'terminated'
  | (string & {});

/** State of an instance; any other string is passed on as it is. */
export type InstanceStatus = SpanStatus;

/** How a span or an instance ended; any other string is passed on as it is. */
export type FinishStatus = 'complete' | 'failed' | 'cancelled' | (string & {});
