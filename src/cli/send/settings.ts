import type { AutobatchOptions } from '../../index.ts';
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

/** @throws {CommandFailure} when the command line cannot be meant so. */
export function readSettings(args: readonly string[]): Settings {
  const { options, positionals } = readCommandLine('send', args, table);
  const [file, ...more] = positionals;
  if (file === undefined) {
    throw wrongUsage('send', 'Name an action file, or - for the standard input.');
  }
  if (more.length > 0) throw wrongUsage('send', 'One file at a time.');
  if (options.emulate && options['api-url'] !== undefined) {
    throw wrongUsage('send', '--emulate and --api-url exclude each other.');
  }
  if (options.rtt !== undefined && !options.emulate) {
    throw wrongUsage('send', '--rtt is the round trip of the emulator, and needs --emulate.');
  }
  return {
    file,
    apiUrl: options['api-url'],
    emulate: options.emulate,
    roundTripMs: options.rtt ?? DEFAULT_ROUND_TRIP_MS,
    speed: options.speed ?? 'max',
    json: options.json,
    client: {
      batch: {
        window: options.window,
        maxItems: options['max-items'],
        concurrency: options.concurrency,
      },
      onSkipped: options['on-skipped'],
      ids: options.ids,
    },
  };
}
