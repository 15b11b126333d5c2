// Public names of the `prefactor-autobatch/inspector` entry: a live page of what a client does.
import type { AutobatchClient } from '../index.ts';
import { isObjectLike } from '../lib/value-checks.ts';
import { clientSource } from './client-source.ts';
import { PageInspector } from './inspector.ts';
import type { InspectorServer, ListenOptions } from './inspector-server.ts';
import { wallClock } from './ticker.ts';

export type { InspectorServer, ListenOptions } from './inspector-server.ts';

export interface InspectorOptions {
  /** What the page calls the client. @default 'prefactor-autobatch' */
  readonly title?: string | undefined;
  /** Whether it records also while no page is open: then a page that is opened later shows what came before. @default false */
  readonly always?: boolean | undefined;
}

/** A live page of what a client does, see `createInspector`. */
export interface Inspector {
  /**
   * Serves the page. It can be called more than once. Port 0, the default, stands for a free one.
   * @throws {Error} the port is taken or not allowed, the inspector is closed, or the runtime has no `node:http`
   */
  listen(port?: number, options?: ListenOptions): Promise<InspectorServer>;
  /** Ends all pages, stops listening, and lets go of the client. */
  close(): Promise<void>;
}

/**
 * A page that shows what batching does, live: `const { url } = await createInspector(client).listen(4020)`. It only
 * watches. While no page is open, it costs nothing.
 *
 * @throws {TypeError} `client` is none
 */
export function createInspector(
  client: AutobatchClient,
  { title = 'prefactor-autobatch', always = false }: InspectorOptions = {},
): Inspector {
  if (!isObjectLike(client) || typeof client.stats !== 'function') {
    throw new TypeError('client must be an AutobatchClient.');
  }
  const inspector = new PageInspector(clientSource(client, wallClock), { title, always });
  return {
    listen: (port = 0, options = {}) => inspector.listen(port, options),
    close: () => inspector.close(),
  };
}
