import { describe, expect, test } from 'vitest';
import { Gate } from '../../src/coalescer/gate.ts';

const NOW = 1_234_567;

test('a gate is open until a server asks for a pause', () => {
  const gate = new Gate(300_000);
  expect(gate.isClosed(NOW)).toBe(false);
  expect(gate.isProbing).toBe(false);
  expect(gate.pausedMs(NOW)).toBe(0);
});

describe('a pause', () => {
  test.each([
    { afterMs: 7_000, chance: 0, ms: 7_000 },
    { afterMs: 7_000, chance: 0.5, ms: 7_350 },
    { afterMs: 0, chance: 0.5, ms: 0 },
    { afterMs: 300_000, chance: 0, ms: 300_000 },
    { afterMs: 300_001, chance: 0, ms: 300_000 },
    { afterMs: Number.MAX_VALUE, chance: 0.5, ms: 315_000 },
  ])('of $afterMs ms lasts $ms ms, by chance $chance', ({ afterMs, chance, ms }) => {
    const gate = new Gate(300_000);
    expect(gate.close(afterMs, NOW, chance)).toBe(ms);
    expect(gate.opensAt).toBe(NOW + ms);
    expect(gate.isClosed(NOW)).toBe(ms > 0);
    expect(gate.isClosed(NOW + ms)).toBe(false);
  });

  test('is never shorter than asked for, and longer by a tenth at most', () => {
    const gate = new Gate(300_000);
    expect(gate.close(1_000, NOW, 1)).toBe(1_100);
  });

  test('is made longer by a later one, never shorter', () => {
    const gate = new Gate(300_000);
    gate.close(1_000, NOW, 0);
    expect(gate.close(100, NOW + 10, 0)).toBe(990);
    expect(gate.close(5_000, NOW + 10, 0)).toBe(5_000);
    expect(gate.opensAt).toBe(NOW + 5_010);
  });
});

describe('the time in pauses', () => {
  test('is counted while they last, and stands still afterwards', () => {
    const gate = new Gate(300_000);
    gate.close(1_000, NOW, 0);
    expect([0, 1, 999, 1_000, 1_001, 90_000].map((ms) => gate.pausedMs(NOW + ms))).toEqual([
      0, 1, 999, 1_000, 1_000, 1_000,
    ]);
  });

  test('is the sum of them', () => {
    const gate = new Gate(300_000);
    gate.close(1_000, NOW, 0);
    gate.close(500, NOW + 2_000, 0);
    expect(gate.pausedMs(NOW + 2_200)).toBe(1_200);
    expect(gate.pausedMs(NOW + 9_000)).toBe(1_500);
  });

  test('counts once what is in two of them', () => {
    const gate = new Gate(300_000);
    gate.close(1_000, NOW, 0);
    gate.close(1_000, NOW + 400, 0);
    gate.close(100, NOW + 500, 0);
    expect(gate.pausedMs(NOW + 9_000)).toBe(1_400);
  });

  test('goes on where one pause follows the other without a gap', () => {
    const gate = new Gate(300_000);
    gate.close(1_000, NOW, 0);
    gate.close(1_000, NOW + 1_000, 0);
    expect(gate.pausedMs(NOW + 1_500)).toBe(1_500);
    expect(gate.pausedMs(NOW + 9_000)).toBe(2_000);
  });
});

describe('after a pause that was cut short', () => {
  test('one request at a time finds out, until one is answered', () => {
    const gate = new Gate(1_000);
    gate.close(1_001, NOW, 0);
    expect(gate.isProbing).toBe(true);
    gate.close(10, NOW + 1_000, 0);
    expect(gate.isProbing).toBe(true);
    gate.answered();
    expect(gate.isProbing).toBe(false);
  });

  test('that was not cut short, all may leave', () => {
    const gate = new Gate(1_000);
    gate.close(1_000, NOW, 0.5);
    expect(gate.isProbing).toBe(false);
  });
});
