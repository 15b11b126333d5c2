import type { AutobatchOptions } from '../../index.ts';
import type { OptionTable } from '../command/arguments.ts';
import {
  either,
  names,
  number,
  oneOf,
  readCommandLine,
  text,
  time,
  wrongUsage,
} from '../command/arguments.ts';

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
  /** Whether actions bear the time that was recorded, or that at which they are sent. */
  readonly times: 'recorded' | 'sent';
  /** When the recording began, in milliseconds since 1970; undefined: as the file says. */
  readonly start: number | undefined;
  /** Makes keys and ids other than those of an earlier time. */
  readonly again: string | undefined;
  /** Fields that are left out where they stand. */
  readonly ignored: ReadonlySet<string>;
  readonly missingParents: 'root' | 'skip' | undefined;
  /** Where lines go that can be sent again. */
  readonly failedFile: string | undefined;
  readonly json: boolean;
  readonly client: Pick<AutobatchOptions, 'batch' | 'onSkipped' | 'ids'>;
}

const DEFAULT_ROUND_TRIP_MS = 20;

const table = {
  'api-url': text('a URL'),
  emulate: 'flag',
  rtt: number({ min: 0, max: 60_000, unit: 'milliseconds' }),
  speed: either(oneOf('max'), number({ min: 0.001 })),
  times: oneOf('recorded', 'sent'),
  start: time(),
  again: text('a word of your own'),
  ignore: names('names of fields, separated by commas'),
  'missing-parents': oneOf('root', 'skip'),
  failed: text('a path'),
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
  if (given.start !== undefined && given.times === 'sent') {
    throw wrongUsage('send', '--start is of no use with --times sent.');
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
    times: given.times ?? 'recorded',
    start: given.start,
    again: given.again,
    ignored: new Set(given.ignore),
    missingParents: given['missing-parents'],
    failedFile: given.failed,
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
