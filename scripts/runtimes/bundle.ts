import { build } from 'esbuild';

/** A module of the suite with all that it imports, for runtimes that cannot load packages. */
export async function bundled(
  path: string,
  conditions: readonly string[],
  define: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: [...conditions],
    define,
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}
