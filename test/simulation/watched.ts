import type { Plan } from './plan.ts';
import type { Fail } from './violation.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What those who watch a run are given, and whom they tell. */
export interface Watched {
  readonly plan: Plan;
  readonly time: VirtualTime;
  readonly fail: Fail;
  tell(line: () => string): void;
  count(what: string): void;
}
