import { describe, expect, test } from 'vitest';
import {
  either,
  flag,
  names,
  number,
  oneOf,
  option,
  readArguments,
  text,
} from '../../../src/cli/command/arguments.ts';

const table = {
  'api-url': option('URL', text('a URL'), 'the API'),
  rtt: option('MS', number({ min: 0, max: 60_000, unit: 'milliseconds' }), 'the round trip', 20),
  items: option('N', number({ min: 1, whole: true }), 'items'),
  window: option('tick|MS', either(oneOf('tick'), number({ min: 0 })), 'the window', 'tick'),
  ids: option('WHO', oneOf('client', 'server'), 'who makes ids'),
  ignore: option('FIELD,...', names('names'), 'fields'),
  json: flag('as JSON'),
};

const read = (...args: string[]) => readArguments('send', args, table);

test('options and positionals are told apart, in any order', () => {
  const { values, positionals } = read('a', '--rtt', '5', '--json', 'b', '--ids=server', '-');
  expect(values).toEqual({
    'api-url': undefined,
    rtt: 5,
    items: undefined,
    window: 'tick',
    ids: 'server',
    ignore: undefined,
    json: true,
  });
  expect(positionals).toEqual(['a', 'b', '-']);
});

test('a list may be given in parts', () => {
  expect(read('--ignore', 'a, b', '--ignore', 'c').values.ignore).toEqual(['a', 'b', 'c']);
});

test('what stands after -- is no option', () => {
  expect(read('--json', '--', '--rtt').positionals).toEqual(['--rtt']);
});

test('an option of two kinds takes either', () => {
  expect(read('--window', 'tick').values.window).toBe('tick');
  expect(read('--window', '2.5').values.window).toBe(2.5);
});

describe('what cannot be meant is said in a sentence, with exit code 2', () => {
  test.each([
    [['--rt', '5'], 'There is no option --rt. Did you mean --rtt?'],
    [['--toString'], 'There is no option --toString.'],
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
