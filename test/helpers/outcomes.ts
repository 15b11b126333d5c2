/** How calls ended: `ok`, or the name of the error. */
export async function outcomes(...calls: readonly Promise<unknown>[]): Promise<string[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) =>
    result.status === 'fulfilled' ? 'ok' : nameOfError(result.reason),
  );
}

/** The error of a call that failed. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const [result] = await Promise.allSettled([call]);
  if (result?.status === 'rejected') return result.reason;
  throw new Error('The call succeeded, and was to fail.');
}

function nameOfError(reason: unknown): string {
  return reason instanceof Error ? reason.name : String(reason);
}
