// Compiles src/ to dist/. There is no bundler: a library leaves its dependencies outside anyway.
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from '../tools/run.ts';

// tsc never removes the output of a source file that was deleted.
rmSync(join(root, 'dist'), { recursive: true, force: true });
await must('tsc', ['-p', 'tsconfig.build.json']);
// An install does the same, so the documents can run it by its name in a checkout as well.
chmodSync(join(root, 'dist/cli/bin.js'), 0o755);
