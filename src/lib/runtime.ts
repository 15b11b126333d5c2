/** What a runtime may offer beyond the globals of the web. */
interface Runtime {
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly versions?: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(id: string): unknown;
    nextTick?(run: () => void): void;
    readonly pid?: number;
    readonly execPath?: string;
    readonly execArgv?: readonly string[];
    on?(signal: string, listener: () => void): unknown;
    off?(signal: string, listener: () => void): unknown;
    listenerCount?(signal: string): number;
    kill?(pid: number | undefined, signal: string): unknown;
  };
  readonly navigator?: { readonly userAgent?: string };
  readonly Deno?: { readonly env?: { get(name: string): string | undefined } };
  readonly Buffer?: {
    byteLength(text: string): number;
    allocUnsafeSlow(bytes: number): Uint8Array;
    readonly prototype?: { readonly utf8Write?: unknown };
  };
}

export const runtime: Runtime = globalThis;

/**
 * Cloudflare's workerd: timers and connections belong to the request that made them, and are gone when that
 * is over. Its `nextTick` is a promise job, and time stands still while code runs.
 */
export const isWorkerd: boolean = runtime.navigator?.userAgent === 'Cloudflare-Workers';

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
