// Requests that are too large for somebody on the way, and answers that are too large for us.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { harness } from '../helpers/harness.ts';
import { failureOf } from '../helpers/outcomes.ts';

const text = (bytes: number): string => 'x'.repeat(bytes);

describe('a server before which bodies over 200 kB are cut off, never refused', () => {
  const LIMIT = 200_000;

  test('gets smaller ones after a while, and no call is lost', async () => {
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    onTestFinished(() => chance.mockRestore());
    let tooLarge = 0;
    const t = await harness({
      fetch: async (request, init) => {
        const body = await request.clone().text();
        if (body.length > LIMIT) {
          tooLarge++;
          throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        }
        return t.emulator.fetch(request, init);
      },
    });
    const calls = Array.from({ length: 1_000 }, (_, n) =>
      t.span(`k${n}`, { payload: { text: text(9_000) } }),
    );
    const since = Date.now();
    let settledAt = 0;
    void Promise.allSettled(calls).then(() => {
      settledAt = Date.now();
    });
    await t.settled();
    const ends = await Promise.allSettled(calls);
    expect(ends.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(settledAt - since).toBeLessThan(120_000);
    expect(tooLarge).toBeLessThan(60);
    const again = Array.from({ length: 200 }, (_, n) =>
      t.span(`again${n}`, { payload: { text: text(9_000) } }),
    );
    const before = tooLarge;
    await t.settled();
    await Promise.all(again);
    expect(tooLarge - before).toBeLessThanOrEqual(2);
  });

  test('an item that is too large for it alone is given up alone', async () => {
    const t = await harness({
      fetch: async (request, init) => {
        const body = await request.clone().text();
        if (body.length > LIMIT) throw new TypeError('fetch failed');
        return t.emulator.fetch(request, init);
      },
    });
    const large = t.span('large', { payload: { text: text(LIMIT) } });
    const small = Array.from({ length: 50 }, (_, n) => t.span(`k${n}`));
    await t.settled();
    const ends = await Promise.allSettled(small);
    expect(ends.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(await failureOf(large)).toMatchObject({ code: 'RETRY_EXHAUSTED', maybeApplied: true });
  });
});

describe('answers that say again what was sent', () => {
  test('finishes of large spans leave in requests whose answers can be read', async () => {
    const t = await harness({ queue: { maxBytes: 200_000_000 } });
    const payload = { screenshot: text(500_000) };
    const spans = Array.from({ length: 80 }, (_, n) =>
      t.span(`k${n}`, { status: 'active', payload }),
    );
    await t.settled();
    await Promise.all(spans);
    const before = t.client.stats();
    const ends = spans.map((span) => t.client.agentSpans.finish(span));
    await t.settled();
    await Promise.all(ends);
    const { requests, bisected, retried } = t.client.stats();
    // 80 answers of half a megabyte, at most 16 MiB of them in one answer.
    expect(requests - before.requests).toBe(3);
    expect({ bisected, retried }).toEqual({ bisected: before.bisected, retried: before.retried });
  });

  test('where that is not known, halves are sent at once, and nothing is waited for', async () => {
    const payload = { screenshot: text(2_000_000) };
    const first = await harness({ queue: { maxBytes: 200_000_000 } });
    const spans = Array.from({ length: 30 }, (_, n) =>
      first.span(`k${n}`, { status: 'active', payload }),
    );
    await first.settled();
    const ids = (await Promise.all(spans)).map(({ id }) => id);
    // Another client does not know how large they are.
    const other = first.newClient();
    const since = Date.now();
    const ends = ids.map((id) => other.agentSpans.finish(id));
    await first.settled();
    await Promise.all(ends);
    expect(Date.now() - since).toBeLessThan(1_000);
    expect(other.stats().bisected).toBeGreaterThan(0);
    expect(other.stats().ledger).toMatchObject({ succeeded: 30, inDoubt: 0 });
  });
});
