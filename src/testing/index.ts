// Public names of the `prefactor-autobatch/testing` entry: the API in process, for tests and benchmarks.

export type { AnsweredRequest } from './answered-request.ts';
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
} from './fault-types.ts';
export type { EmulatorOptions } from './options.ts';
export type { BatchRecord, EmulatorReport, RanItem } from './recorder.ts';
export type { EmulatorSnapshot, InstanceSnapshot } from './snapshot.ts';
export type { EmulatedItem, EmulatorServer, Fields } from './wire.ts';
