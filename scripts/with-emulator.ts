import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Result } from '../tools/run.ts';
import { capture } from '../tools/run.ts';

interface Testing {
  readonly Emulator: new (options: {
    token: string;
  }) => {
    listen(port: number): Promise<{ readonly url: string; close(): Promise<void> }>;
  };
}

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
  const { Emulator } = (await import(pathToFileURL(path).href)) as Testing;
  const token = 'token-of-the-documentation';
  const server = await new Emulator({ token }).listen(0);
  try {
    return await capture(command, args, {
      cwd,
      env: { ...env, PREFACTOR_API_URL: server.url, PREFACTOR_API_TOKEN: token },
      timeoutMs: 60_000,
    });
  } finally {
    await server.close();
  }
}
