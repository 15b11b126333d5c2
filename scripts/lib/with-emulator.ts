import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Result } from '../../tools/run.ts';
import { capture } from '../../tools/run.ts';

/**
 * Runs a program that finds an emulator of its own in PREFACTOR_API_URL and PREFACTOR_API_TOKEN.
 * The emulator is that of the package as seen from `cwd`: an installed one must work by itself.
 */
export async function captureWithEmulator(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Result> {
  const path = createRequire(join(cwd, 'x.js')).resolve('prefactor-autobatch/testing');
  const testing: typeof import('../../src/testing/index.ts') = await import(
    pathToFileURL(path).href
  );
  const token = 'token-of-the-documentation';
  await using server = await new testing.Emulator({ token }).listen(0);
  const own = { ...env, PREFACTOR_API_URL: server.url, PREFACTOR_API_TOKEN: token };
  return await capture(command, args, { cwd, env: own, timeoutMs: 60_000 });
}
