/// <reference lib="esnext.disposable" preserve="true" />
/** An inspector that listens. */
export interface InspectorServer {
  /** The address of the page, such as `http://127.0.0.1:4020`. */
  readonly url: string;
  readonly port: number;
  /** Ends all pages, and stops listening. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Where it listens. */
export interface ListenOptions {
  /**
   * The address or name to listen at. Whoever can reach it can see the page: there is no password.
   * @default '127.0.0.1'
   */
  readonly host?: string | undefined;
  /** Whether the process stays alive for the page's sake. @default false */
  readonly keepAlive?: boolean | undefined;
}
