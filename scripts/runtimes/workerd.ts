// Set-ups in Cloudflare's workerd: the suite within one request, and then a client that several requests share.
import { join } from 'node:path';
import { bundled } from './bundle.ts';
import { program } from './project.ts';
import type { SetUp } from './set-up.ts';
import type { Ask } from './workerd-requests.ts';
import { requestChecks } from './workerd-requests.ts';

/** What we use of Miniflare, which is not among the main dependencies. */
interface Miniflare {
  dispatchFetch(url: string): Promise<{ text(): Promise<string> }>;
  dispose(): Promise<void>;
}

interface MiniflareModule {
  readonly Miniflare: new (options: object) => Miniflare;
}

const conditions = ['workerd', 'worker', 'browser'];

/** The date picks the defaults of the runtime: those of that day. */
export function workerd(compatibilityDate: string, compatibilityFlags: readonly string[]): SetUp {
  const name = ['workerd', compatibilityDate, ...compatibilityFlags].join(' ');
  return {
    name,
    async run({ server: { origin }, project, ended, check }, signal) {
      const contents = await bundled(join(project, 'worker.mjs'), conditions, {
        ORIGIN: JSON.stringify(origin),
        SETUP: JSON.stringify(name),
        RAISES: String(compatibilityDate < '2026-03-03'),
      });
      const worker = await startWorker({ contents, compatibilityDate, compatibilityFlags });
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
      const { token, arrived } = await openBackend(origin);
      const ask: Ask = async (path, query = {}) => {
        const url = `http://worker/${path}?${new URLSearchParams({ token, ...query })}`;
        const response = await Promise.race([worker.dispatchFetch(url).catch(said), aborted]);
        return typeof response === 'string' ? response : response.text();
      };
      try {
        await ask('suite');
        await Promise.race([ended, aborted]);
        for (const [title, work] of Object.entries(requestChecks))
          await check(title, work(ask, arrived));
      } finally {
        await worker.dispose();
      }
    },
  };
}

interface Worker {
  /** Its module. */
  readonly contents: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
}

async function startWorker({ contents, ...compatibility }: Worker): Promise<Miniflare> {
  const { Miniflare } = (await import(
    join(program('miniflare'), 'dist/src/index.js')
  )) as MiniflareModule;
  return new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents }],
    durableObjects: { OBJECT: 'SharedClient' },
    ...compatibility,
    // Without this, its messages about cancelled requests would stand among the results.
    handleRuntimeStdio: () => {},
  });
}

/** A slow backend, for the checks beside the suite. */
async function openBackend(
  origin: string,
): Promise<{ readonly token: string; readonly arrived: () => Promise<number> }> {
  const order = JSON.stringify({ responses: [{ ok: 'slowly', ms: 50 }] });
  const opened = await fetch(`${origin}/backends`, { method: 'POST', body: order });
  const { token } = (await opened.json()) as { readonly token: string };
  return {
    token,
    async arrived() {
      const seen = await fetch(`${origin}/backends/${token}`, { method: 'POST' });
      const { requests } = (await seen.json()) as { readonly requests: { keys: string[] }[] };
      return requests.reduce((sum, { keys }) => sum + keys.length, 0);
    },
  };
}

/** Where the runtime ends a request, its message counts as the answer. */
function said(error: unknown): string {
  return String(error);
}
