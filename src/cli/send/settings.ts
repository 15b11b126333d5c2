import type { AutobatchOptions } from '../../index.ts';
import type { OptionTable } from '../arguments.ts';
import { either, number, oneOf, readCommandLine, text, wrongUsage } from '../arguments.ts';

/** What `send` was told on the command line. */
export interface Settings {
  /** A path, or `-` for the standard input. */
  readonly file: string;
  readonly apiUrl: string | undefined;
  readonly emulate: boolean;
  /** Of the emulator, in milliseconds. */
  readonly roundTripMs: number;
  /** How many times faster than the recorded clock; `max`: as fast as there is room. */
  readonly speed: number | 'max';
  readonly json: boolean;
  readonly client: Pick<AutobatchOptions, 'batch' | 'onSkipped' | 'ids'>;
}

const DEFAULT_ROUND_TRIP_MS = 20;

const table = {
  'api-url': text('a URL'),
  emulate: 'flag',
  rtt: number({ min: 0, max: 60_000, unit: 'milliseconds' }),
  speed: either(oneOf('max'), number({ min: 0.001 })),
  window: either(oneOf('tick'), number({ min: 0, max: 60_000, unit: 'milliseconds' })),
  'max-items': number({ min: 1, max: 10_000, whole: true }),
  concurrency: number({ min: 1, max: 256, whole: true }),
  'on-skipped': oneOf('requeue', 'reject'),
  ids: oneOf('client', 'server'),
  json: 'flag',
} as const;

export const options: OptionTable = table;

/** @throws {CommandFailure} when the command line cannot be meant so. */
export function readSettings(args: readonly string[]): Settings {
  const { options: given, positionals } = readCommandLine('send', args, table);
  const [file, ...more] = positionals;
  if (file === undefined) {
    throw wrongUsage('send', 'Name an action file, or - for the standard input.');
  }
  if (more.length > 0) throw wrongUsage('send', 'One file at a time.');
  if (given.emulate && given['api-url'] !== undefined) {
    throw wrongUsage('send', '--emulate and --api-url exclude each other.');
  }
  if (given.rtt !== undefined && !given.emulate) {
    throw wrongUsage('send', '--rtt is the round trip of the emulator, and needs --emulate.');
  }
  return {
    file,
    apiUrl: given['api-url'],
    emulate: given.emulate,
    roundTripMs: given.rtt ?? DEFAULT_ROUND_TRIP_MS,
    speed: given.speed ?? 'max',
    json: given.json,
    client: {
      batch: {
        window: given.window,
        maxItems: given['max-items'],
        concurrency: given.concurrency,
      },
      onSkipped: given['on-skipped'],
      ids: given.ids,
    },
  };
}
