import { describe, expect, test } from 'vitest';
import {
  either,
  number,
  oneOf,
  readCommandLine,
  text,
} from '../../../src/cli/command/arguments.ts';

const table = {
  'api-url': text('a URL'),
  rtt: number({ min: 0, max: 60_000, unit: 'milliseconds' }),
  items: number({ min: 1, whole: true }),
  window: either(oneOf('tick'), number({ min: 0 })),
  ids: oneOf('client', 'server'),
  json: 'flag',
} as const;

const read = (...args: string[]) => readCommandLine('send', args, table);

test('options and positionals are told apart, in any order', () => {
  const { options, positionals } = read('a', '--rtt', '5', '--json', 'b', '--ids=server', '-');
  expect(options).toEqual({
    'api-url': undefined,
    rtt: 5,
    items: undefined,
    window: undefined,
    ids: 'server',
    json: true,
  });
  expect(positionals).toEqual(['a', 'b', '-']);
});

test('what stands after -- is no option', () => {
  expect(read('--json', '--', '--rtt').positionals).toEqual(['--rtt']);
});

test('an option of two kinds takes either', () => {
  expect(read('--window', 'tick').options.window).toBe('tick');
  expect(read('--window', '2.5').options.window).toBe(2.5);
});

describe('what cannot be meant is said in a sentence, with exit code 2', () => {
  test.each([
    [['--rt', '5'], 'There is no option --rt. Did you mean --rtt?'],
    [['--toString'], 'There is no option --toString. Did you mean --json?'],
    [['--rtt', 'soon'], '--rtt takes a number of milliseconds, from 0 to 60000, not "soon".'],
    [['--rtt', '-1'], '--rtt takes a number of milliseconds, from 0 to 60000, not "-1".'],
    [['--rtt='], '--rtt takes a number of milliseconds, from 0 to 60000, not "".'],
    [
      ['--rtt', 'Infinity'],
      '--rtt takes a number of milliseconds, from 0 to 60000, not "Infinity".',
    ],
    [['--rtt'], '--rtt takes a number of milliseconds, from 0 to 60000: its value is missing.'],
    [
      ['--rtt', '--json'],
      '--rtt takes a number of milliseconds, from 0 to 60000: its value is missing.',
    ],
    [['--items', '1.5'], '--items takes a whole number, 1 or more, not "1.5".'],
    [['--window', 'tock'], '--window takes "tick", or a number, 0 or more, not "tock".'],
    [['--ids', 'both'], '--ids takes "client" or "server", not "both".'],
    [['--json=yes'], '--json takes no value.'],
    [['--rtt', '1', '--rtt', '2'], '--rtt is given twice.'],
    [['--api-url='], '--api-url takes a URL, not "".'],
  ])('%j', (args, sentence) => {
    expect(() => read(...args)).toThrow(
      expect.objectContaining({
        message: `${sentence} See: prefactor-autobatch send --help`,
        exitCode: 2,
      }),
    );
  });
});
