// Checks all types; that src/ needs no type of Node's (browsers and workers have none); and that its
// declarations can be written file by file, as the build does it.
import { run } from './run.ts';

await run('tsc', ['-p', 'tsconfig.json']);
await run('tsc', ['-p', 'tsconfig.portable.json']);
await run('tsc', ['-p', 'tsconfig.build.json', '--noEmit']);
