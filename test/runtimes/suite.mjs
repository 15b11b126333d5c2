// Runs every check in the runtime that it is in, and tells the server how each went. Plain ESM, no types,
// nothing of any runtime: Node, Bun, Deno, workers and pages all load this very file.
import { checks } from './checks/all.mjs';
import { Context, Skipped } from './context.mjs';
import { watchRejections } from './rejections.mjs';

/** Longer than any check takes on a starved machine, shorter than the set-up's own limit. */
const LIMIT_MS = 120_000;

/**
 * `more`: checks of that set-up alone. `goesOn`: others come after it, and tell of the end. `raises`: by title, how an unhandled rejection begins that the runtime
 * itself raises there, whatever the code does.
 */
export async function runSuite({ origin, setup, more = {}, raises = {}, goesOn = false }) {
  const report = reporterOf(origin, setup);
  const rejections = watchRejections();
  for (const [title, check] of Object.entries({ ...checks, ...more })) {
    await report({ title, state: 'begun' });
    await report({
      title,
      ...(await outcomeOf(check, new Context(origin), () => rejections.take(raises[title]))),
    });
  }
  if (!goesOn) await report({ title: 'all', state: 'end' });
}

/** Gives what tells the server of a check. */
export function reporterOf(origin, setup) {
  const url = `${origin}/reports/${encodeURIComponent(setup)}`;
  return async (report) => {
    await (await fetch(url, { method: 'POST', body: JSON.stringify(report) })).text();
  };
}

async function outcomeOf(check, context, takeUnhandled) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    await Promise.race([check(context), limit]);
    await context.end();
    const unhandled = takeUnhandled();
    if (unhandled.length > 0) throw new Error(`unhandled: ${unhandled.join('; ')}`);
    return { state: 'passed' };
  } catch (error) {
    if (error instanceof Skipped) return { state: 'skipped', error: error.message };
    await context.end();
    return { state: 'failed', error: said(error) };
  } finally {
    clearTimeout(timer);
  }
}

function said(error) {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncause: ${said(error.cause)}`;
  // Some runtimes' stacks begin with the message, others' do not.
  const stack = String(error.stack ?? '')
    .split('\n')
    .filter((line) => !line.includes(error.message));
  return [`${error.name}: ${error.message}`, ...stack.slice(0, 6)].join('\n') + cause;
}
