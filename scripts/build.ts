// Compiles src/ to dist/. There is no bundler: a library leaves its dependencies outside anyway.
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from '../tools/run.ts';

// First empty: tsc never removes the output of a source file that is gone.
rmSync(join(root, 'dist'), { recursive: true, force: true });
await must('tsc', ['-p', 'tsconfig.build.json']);
// As an install marks it, so that it can be run by its name in a checkout as well.
chmodSync(join(root, 'dist/cli/bin.js'), 0o755);
