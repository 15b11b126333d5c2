import { describe, expect, test } from 'vitest';
import { PauseGate } from '../../../src/coalescer/server/pause-gate.ts';

const NOW = 1_234_567;

test('a gate is open until a server asks for a pause', () => {
  const gate = new PauseGate(300_000);
  expect(gate.isClosed(NOW)).toBe(false);
  expect(gate.isProbing).toBe(false);
  expect(gate.pausedMs(NOW)).toBe(0);
});

describe('a pause', () => {
  test.each([
    { afterMs: 7_000, chance: 0, ms: 7_000 },
    { afterMs: 7_000, chance: 0.5, ms: 7_350 },
    { afterMs: 0, chance: 0.5, ms: 0 },
    { afterMs: 290_000, chance: 0.9, ms: 300_000 }, // jitter is included in the longest pause
    { afterMs: 300_000, chance: 0, ms: 300_000 },
    { afterMs: 300_001, chance: 0, ms: 300_000 },
    { afterMs: Number.MAX_VALUE, chance: 0.5, ms: 300_000 },
  ])('of $afterMs ms lasts $ms ms, by chance $chance', ({ afterMs, chance, ms }) => {
    const gate = new PauseGate(300_000);
    expect(gate.close(afterMs, NOW, chance)).toBe(ms);
    expect(gate.opensAt).toBe(NOW + ms);
    expect(gate.isClosed(NOW)).toBe(ms > 0);
    expect(gate.isClosed(NOW + ms)).toBe(false);
  });

  test('is never shorter than asked for, and longer by a tenth at most', () => {
    const gate = new PauseGate(300_000);
    expect(gate.close(1_000, NOW, 1)).toBe(1_100);
  });

  test('is made longer by a later one, never shorter', () => {
    const gate = new PauseGate(300_000);
    gate.close(1_000, NOW, 0);
    expect(gate.close(100, NOW + 10, 0)).toBe(990);
    expect(gate.close(5_000, NOW + 10, 0)).toBe(5_000);
    expect(gate.opensAt).toBe(NOW + 5_010);
  });
});

describe('the time in pauses', () => {
  test('is counted while they last, and stands still afterwards', () => {
    const gate = new PauseGate(300_000);
    gate.close(1_000, NOW, 0);
    expect([0, 1, 999, 1_000, 1_001, 90_000].map((ms) => gate.pausedMs(NOW + ms))).toEqual([
      0, 1, 999, 1_000, 1_000, 1_000,
    ]);
  });

  test('is the sum of them', () => {
    const gate = new PauseGate(300_000);
    gate.close(1_000, NOW, 0);
    gate.close(500, NOW + 2_000, 0);
    expect(gate.pausedMs(NOW + 2_200)).toBe(1_200);
    expect(gate.pausedMs(NOW + 9_000)).toBe(1_500);
  });

  test('counts once what is in two of them', () => {
    const gate = new PauseGate(300_000);
    gate.close(1_000, NOW, 0);
    gate.close(1_000, NOW + 400, 0);
    gate.close(100, NOW + 500, 0);
    expect(gate.pausedMs(NOW + 9_000)).toBe(1_400);
  });

  test('goes on where one pause follows the other without a gap', () => {
    const gate = new PauseGate(300_000);
    gate.close(1_000, NOW, 0);
    gate.close(1_000, NOW + 1_000, 0);
    expect(gate.pausedMs(NOW + 1_500)).toBe(1_500);
    expect(gate.pausedMs(NOW + 9_000)).toBe(2_000);
  });
});

describe('after a pause that was cut short', () => {
  test('one request at a time finds out, until one is answered', () => {
    const gate = new PauseGate(1_000);
    gate.close(1_001, NOW, 0);
    expect(gate.isProbing).toBe(true);
    gate.close(10, NOW + 1_000, 0);
    expect(gate.isProbing).toBe(true);
    gate.answered(NOW + 1_010);
    expect(gate.isProbing).toBe(false);
  });

  test('an answer to a request that left before the pause says nothing', () => {
    const gate = new PauseGate(1_000);
    gate.close(60_000, NOW, 0);
    gate.answered(NOW - 1);
    expect(gate.isProbing).toBe(true);
  });

  test('that was not cut short, all may leave', () => {
    const gate = new PauseGate(1_000);
    gate.close(1_000, NOW, 0.5);
    expect(gate.isProbing).toBe(false);
    gate.unanswered(NOW + 1_000);
    expect(gate.isClosed(NOW + 1_000)).toBe(false);
  });
});

describe('while the longer wish of a server lasts', () => {
  test.each([
    ['names no time', (gate: PauseGate, now: number) => void gate.close(0, now, 0)],
    ['names a shorter one', (gate: PauseGate, now: number) => void gate.close(10, now, 0)],
    ['is lost', (gate: PauseGate, now: number) => gate.unanswered(now)],
  ])('a probe that %s makes the next one wait for as long as it did', (_, come) => {
    const gate = new PauseGate(1_000);
    gate.close(3_500, NOW, 0);
    const opened: number[] = [];
    for (let probe = 0; probe < 5; probe++) {
      opened.push(gate.opensAt - NOW);
      come(gate, gate.opensAt);
    }
    // The last one comes at the end of the longer pause; then nothing holds requests back.
    expect(opened.slice(0, 4)).toEqual([1_000, 2_000, 3_000, 3_500]);
    expect(opened[4]).toBeLessThanOrEqual(3_510);
  });

  test('what left before the pause makes it no longer', () => {
    const gate = new PauseGate(1_000);
    gate.close(60_000, NOW, 0);
    gate.unanswered(NOW + 900);
    gate.close(0, NOW + 900, 0);
    expect(gate.opensAt).toBe(NOW + 1_000);
    gate.unanswered(NOW + 1_000);
    expect(gate.opensAt).toBe(NOW + 2_000);
    expect(gate.pausedMs(NOW + 5_000)).toBe(2_000);
  });

  test('time goes on being counted once it is over', () => {
    const gate = new PauseGate(1_000);
    gate.close(1_500, NOW, 0);
    gate.unanswered(NOW + 1_000);
    gate.unanswered(NOW + 9_000);
    expect(gate.pausedMs(NOW + 9_500)).toBe(1_500);
  });
});
