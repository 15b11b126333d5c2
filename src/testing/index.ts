// Public names of the `prefactor-autobatch/testing` entry: the API in process, for tests and benchmarks.

export { Emulator } from './emulator.ts';
export type {
  AnyFault,
  Fault,
  FaultKind,
  FaultPlan,
  FaultRates,
  Faults,
  FaultTarget,
  ItemMatch,
  ItemRefusal,
} from './faults/fault-types.ts';
export type { EmulatorServer } from './http/server.ts';
export type { EmulatorOptions } from './options/emulator-options.ts';
export type {
  AnsweredRequest,
  BatchRecord,
  EmulatorReport,
  RanItem,
  ReceivedRequest,
} from './report/report.ts';
export type { EmulatorSnapshot, InstanceSnapshot } from './state/snapshot.ts';
export type { ItemError } from './wire/errors.ts';
export type { EmulatedItem, Fields } from './wire/items.ts';
export type { RequestKind, SingleEndpoint } from './wire/routes.ts';
