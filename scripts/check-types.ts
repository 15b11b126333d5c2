// Checks all types, and then that src/ needs no type of Node's (browsers and workers have none).
import { run } from './run.ts';

await run('tsc', ['-p', 'tsconfig.json']);
await run('tsc', ['-p', 'tsconfig.portable.json']);
