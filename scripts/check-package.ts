// Checks what would be published, by the rules that others know. Both tools pack dist/: build first.
import { run } from './run.ts';

await run('publint', ['--strict']);
// esm-only: CommonJS users load this package with require() of an ES module (Node 22.12 and later).
await run('attw', ['--pack', '.', '--profile', 'esm-only']);
