import * as z from 'zod/mini';

/**
 * zod compiles by `new Function`, and without it checks more slowly. A page's Content-Security-Policy that
 * forbids it reports each try, be its error caught or not: so it is tried once for all schemas, and never
 * where zod was told to make no code.
 */
export function compiled(schema: z.ZodMiniObject): z.ZodMiniObject {
  mayCompile ??= z.config().jitless !== true && mayMakeCode();
  return mayCompile ? z.compile(schema) : schema;
}

let mayCompile: boolean | undefined;

function mayMakeCode(): boolean {
  try {
    new Function('');
    return true;
  } catch {
    return false;
  }
}
