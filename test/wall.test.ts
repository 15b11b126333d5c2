// The walls between the rooms of src/ (`npm run wall`): each forbidden import is seen.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capture, root } from '../tools/run.ts';

const forbidden: readonly (readonly [path: string, code: string, rule: string])[] = [
  [
    'src/client/client.ts',
    "import type { Item } from '../coalescer/items/item.ts';",
    'the-engine-has-one-door: src/client/client.ts → src/coalescer/items/item.ts',
  ],
  [
    'src/transport/door.ts',
    "export type Items = import('../coalescer/items/item.ts').Item[];",
    'the-engine-has-one-door: src/transport/door.ts → src/coalescer/items/item.ts',
  ],
  [
    'test/client.test.ts',
    "import type { Item } from '../src/coalescer/items/item.ts';",
    'only-tests-of-the-engine-open-it: test/client.test.ts → src/coalescer/items/item.ts',
  ],
  [
    'src/coalescer/prefactor.ts',
    "import type { AttemptFailure } from '../errors/attempt-failure.ts';",
    'what-coalescer-may-use: src/coalescer/prefactor.ts → src/errors/attempt-failure.ts',
  ],
  [
    'src/coalescer/package.ts',
    "import type { z } from 'zod';",
    'zod-has-its-owner: src/coalescer/package.ts → ',
  ],
  [
    'src/lib/upwards.ts',
    "export type { AttemptFailure } from '../errors/attempt-failure.ts';",
    'what-lib-may-use: src/lib/upwards.ts → src/errors/attempt-failure.ts',
  ],
  [
    'src/schemas/upwards.ts',
    "import type { ItemText } from '../pipeline/json-writer.ts';",
    'what-schemas-may-use: src/schemas/upwards.ts → src/pipeline/json-writer.ts',
  ],
  [
    'src/testing/shared.ts',
    "import type { AttemptFailure } from '../errors/attempt-failure.ts';",
    'what-testing-may-use: src/testing/shared.ts → src/errors/attempt-failure.ts',
  ],
  [
    'src/ids/one.ts',
    "import type { Two } from './two.ts';",
    'no-circles: src/ids/one.ts → \n      src/ids/two.ts →\n      src/ids/one.ts',
  ],
  [
    'src/cli/send/notice.ts',
    "import type { Report } from '../doctor/report.ts';",
    'no-circles-of-folders: src/cli/send → \n      src/cli/doctor →\n      src/cli/send',
  ],
  [
    'src/cli/doctor/answer.ts',
    "import type { Line } from '../send/line.ts';",
    'no-circles-of-folders: src/cli/doctor → \n      src/cli/send →\n      src/cli/doctor',
  ],
  [
    'src/attic/new.ts',
    "import '../ids/two.ts';",
    'every-room-has-its-row: src/attic/new.ts → src/ids/two.ts',
  ],
  [
    'src/ids/another.ts',
    "import type { Plugin } from 'vitest';",
    'no-other-package: src/ids/another.ts → ',
  ],
  [
    'src/resources/node.ts',
    "const { readFile } = await import('node:fs');",
    'node-only-where-there-is-node: src/resources/node.ts → fs',
  ],
  [
    'bench/script.ts',
    "import type { Step } from '../scripts/step.ts';",
    'scripts-and-bench-stand-apart: bench/script.ts → scripts/step.ts',
  ],
  [
    'scripts/goal.ts',
    "import type { Goal } from '../bench/goal.ts';",
    'scripts-and-bench-stand-apart: scripts/goal.ts → bench/goal.ts',
  ],
  [
    'tools/goal.ts',
    "import type { Goal } from '../bench/goal.ts';",
    'tools-know-nothing-of-the-rest: tools/goal.ts → bench/goal.ts',
  ],
];

const allowed: readonly (readonly [path: string, code: string])[] = [
  ['bench/goal.ts', "import { root } from '../tools/run.ts';\nexport type Goal = typeof root;"],
  ['src/cli/doctor/report.ts', 'export type Report = string;'],
  ['src/cli/send/line.ts', 'export type Line = string;'],
  ['src/coalescer/index.ts', "export type { Item } from './items/item.ts';"],
  ['src/coalescer/items/item.ts', "import type { Clock } from '../../lib/clock.ts';"],
  ['src/errors/attempt-failure.ts', 'export type AttemptFailure = string;'],
  ['src/ids/two.ts', "export type { One } from './one.ts';"],
  ['src/lib/clock.ts', 'export type Clock = string;'],
  ['src/client/parse-options.ts', "import { z } from 'zod';"],
  ['src/pipeline/json-writer.ts', "import type { Item } from '../coalescer/index.ts';"],
  [
    'test/coalescer/items/item.test.ts',
    "import type { Item } from '../../src/coalescer/items/item.ts';",
  ],
  ['scripts/step.ts', "import { root } from '../tools/run.ts';\nexport type Step = typeof root;"],
  ['src/testing/http/server.ts', "import { createServer } from 'node:http';"],
  ['tools/run.ts', "import { execFile } from 'node:child_process';\nexport const root = execFile;"],
];

describe('an import, of types alone as well, is seen where it is forbidden', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wall-'));
  let told = '';

  beforeAll(async () => {
    for (const [path, code] of [...forbidden, ...allowed]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${code}\n`);
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    ({ text: told } = await capture(process.execPath, ['scripts/wall.ts', folder]));
  }, 30_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(forbidden)('%s: %s', (_path, _code, rule) => {
    expect(told).toContain(`error ${rule}`);
  });

  test('and no other one is', () => {
    expect(told.match(/^ {2}error /gm)).toHaveLength(forbidden.length);
  });
});
