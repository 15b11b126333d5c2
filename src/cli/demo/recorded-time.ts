import type { RecordedAction } from '../actions/recorded-action.ts';

/** When recordings are said to begin: the same for all, so that two replays can be compared. */
const START = Date.UTC(2026, 8, 1, 8);

/** The time of an action, as ISO 8601. */
export function timeOf({ t }: RecordedAction): string {
  return new Date(START + Math.round(t)).toISOString();
}
