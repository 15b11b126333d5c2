/** What a runtime may offer beyond the web's own globals; all of it optional, so always asked for. */
interface Runtime {
  readonly performance: { now(): number };
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly versions?: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(id: string): unknown;
    nextTick?(run: () => void): void;
    readonly pid?: number;
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

/** The global object, seen as a runtime that this package does not depend on. */
export const runtime: Runtime = globalThis;
