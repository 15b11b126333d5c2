// Runs each program of examples/, against an emulator of its own. Run the build first.
import { globSync } from 'node:fs';
import { root } from '../tools/run.ts';
import { captureWithEmulator } from './lib/with-emulator.ts';

for (const example of globSync('examples/*.ts', { cwd: root }).sort()) {
  const { code, text } = await captureWithEmulator(process.execPath, [example], root);
  console.log(code === 0 ? `ok   ${example}` : `FAIL ${example}: exit code ${code}\n${text}`);
  if (code !== 0) process.exitCode = 1;
}
