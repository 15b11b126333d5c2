import { expect, test } from 'vitest';
import { flag, group, number, option, text } from '../../../src/cli/command/arguments.ts';
import { helpOf } from '../../../src/cli/command/command.ts';

test('options stand in two columns, with their defaults; what is long is wrapped', () => {
  const help = helpOf({
    name: 'copy',
    about: 'Copies a file.',
    file: { usage: 'FILE', help: 'what is copied' },
    options: {
      ...group('How', {
        rate: option('N', number({ min: 1 }), 'bytes a second', 5),
        'name-of-the-copy': option('A_LONG_NAME', text('a name'), 'its name'),
      }),
      quiet: flag(`prints nothing, ${'and nothing, '.repeat(8)}at all`),
    },
    notes: 'More\nof it.',
    exitCodes: '0 copied.',
    examples: ['prefactor-autobatch copy a'],
  });
  expect(help).toBe(`Copies a file.

Usage: prefactor-autobatch copy FILE [OPTIONS]

  FILE      what is copied

How:
  --rate N  bytes a second (5)
  --name-of-the-copy A_LONG_NAME
            its name
  --quiet   prints nothing, and nothing, and nothing, and nothing, and nothing, and nothing, and
            nothing, and nothing, and nothing, at all

More
of it.

Exit codes: 0 copied.

Examples:
  prefactor-autobatch copy a
`);
});

test('a command without a file or options shows neither', () => {
  const help = helpOf({ name: 'go', about: 'Goes.', options: {}, exitCodes: '0.', examples: [] });
  expect(help).toBe('Goes.\n\nUsage: prefactor-autobatch go\n\nExit codes: 0.\n\nExamples:\n');
});
