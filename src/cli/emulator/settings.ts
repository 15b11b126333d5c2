import type { EmulatorOptions, FaultPlan } from '../../testing/index.ts';
import type { OptionTable } from '../command/arguments.ts';
import { number, readCommandLine, text, wrongUsage } from '../command/arguments.ts';
import { readPlan } from './fault-plan.ts';

/** What `emulator` was told on the command line. */
export interface Settings {
  /** 0: a free one. */
  readonly port: number;
  readonly emulator: Pick<EmulatorOptions, 'latencyMs' | 'seed' | 'faults'>;
}

const table = {
  port: number({ min: 0, max: 65_535, whole: true }),
  rtt: number({ min: 0, max: 60_000, unit: 'milliseconds' }),
  faults: text('a plan, such as status=0.05,dropAfter=0.02'),
  seed: number({ min: 0, max: 2 ** 32 - 1, whole: true }),
} as const;

export const options: OptionTable = table;

/** @throws {CommandFailure} when the command line cannot be meant so. */
export async function readSettings(args: readonly string[]): Promise<Settings> {
  const { options: given, positionals } = readCommandLine('emulator', args, table);
  const [extra] = positionals;
  if (extra !== undefined) throw wrongUsage('emulator', `It takes options only, not "${extra}".`);
  const faults: FaultPlan | undefined =
    given.faults === undefined ? undefined : await readPlan(given.faults);
  return {
    port: given.port ?? 0,
    emulator: {
      latencyMs: given.rtt ?? 0,
      ...(given.seed !== undefined && { seed: given.seed }),
      ...(faults !== undefined && { faults }),
    },
  };
}
