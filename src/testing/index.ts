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
  ItemError,
  ItemMatch,
  ItemRefusal,
  RequestKind,
  SingleEndpoint,
} from './faults/fault-types.ts';
export type { EmulatorOptions } from './options/emulator-options.ts';
export type { AnsweredRequest } from './report/answered-request.ts';
export type { BatchRecord, EmulatorReport, RanItem } from './report/recorder.ts';
export type { EmulatorSnapshot, InstanceSnapshot } from './state/snapshot.ts';
export type { EmulatedItem, EmulatorServer, Fields } from './wire/items.ts';
