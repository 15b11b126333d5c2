import { runtime } from './runtime.ts';

/**
 * An environment variable; undefined where it is unset or empty, where the runtime has no
 * environment, and where it does not let us read it (Deno asks for a permission, and throws).
 */
export function env(name: string): string | undefined {
  try {
    // Not both: Deno, which has both, would ask twice.
    const { env: variables } = runtime.process ?? {};
    return (variables ? variables[name] : runtime.Deno?.env?.get(name)) || undefined;
  } catch {
    return undefined;
  }
}
