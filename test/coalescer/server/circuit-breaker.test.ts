import { expect, test } from 'vitest';
import { CircuitBreaker } from '../../../src/coalescer/server/server-health.ts';

const NOW = 1_000;

test('the server is down from the first request without an answer to the next answer', () => {
  const health = new CircuitBreaker({ minDelayMs: 250 });
  expect(health.isOpen).toBe(false);
  health.lost(health.answers, false, NOW, 0.5);
  expect(health.isOpen).toBe(true);
  health.answered();
  expect(health.isOpen).toBe(false);
});

test('a loss while others were answered is no outage', () => {
  const health = new CircuitBreaker({ minDelayMs: 250 });
  const answersBefore = health.answers;
  health.answered();
  health.lost(answersBefore, false, NOW, 0.5);
  expect(health.isOpen).toBe(false);
});

test('each failed probe doubles the pause before the next, up to 5 s', () => {
  const health = new CircuitBreaker({ minDelayMs: 250 });
  const pauses: number[] = [];
  for (const isProbe of [false, true, true, true, true, true, true]) {
    health.lost(health.answers, isProbe, NOW, 0.999_999);
    pauses.push(Math.round(health.nextProbeAt - NOW));
  }
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
});

test('requests that were under way when the outage began do not make the next probe later', () => {
  const health = new CircuitBreaker({ minDelayMs: 250 });
  health.lost(0, false, NOW, 0.5);
  const { nextProbeAt } = health;
  for (const at of [1_001, 1_002, 1_003]) health.lost(0, false, at, 0.5);
  expect(health.nextProbeAt).toBe(nextProbeAt);
});

test('after three failed probes in a row a ping goes before each further one', () => {
  const health = new CircuitBreaker({ minDelayMs: 250 });
  health.lost(0, false, NOW, 0.5);
  const needed: boolean[] = [];
  for (const _ of [1, 2, 3]) {
    needed.push(health.needsPing);
    health.lost(0, true, NOW, 0.5);
  }
  expect([...needed, health.needsPing]).toEqual([false, false, false, true]);
});

test('an answered ping lets one probe go, and is no answer to a request', () => {
  const health = needingPing();
  const { answers } = health;
  health.pinged(true, NOW, 0.5);
  expect([health.hasPing, health.isOpen, health.needsPing]).toEqual([true, true, false]);
  health.lost(health.answers, true, NOW, 0.5);
  expect([health.hasPing, health.needsPing, health.answers]).toEqual([false, true, answers]);
});

test('a ping without answer makes the pause longer', () => {
  const health = needingPing();
  const { answers } = health;
  health.pinged(false, NOW, 0.5);
  expect([health.answers, health.needsPing]).toEqual([answers, true]);
  expect(health.nextProbeAt).toBe(NOW + 2_000);
});

test('after an answer the pauses start anew, and no ping is needed', () => {
  const health = needingPing();
  health.answered();
  health.lost(health.answers, false, NOW, 0.5);
  expect([health.nextProbeAt, health.needsPing]).toEqual([NOW + 125, false]);
});

/** A server that let a request and three probes go without an answer. */
function needingPing(): CircuitBreaker {
  const health = new CircuitBreaker({ minDelayMs: 250 });
  health.lost(0, false, NOW, 0.5);
  for (const _ of [1, 2, 3]) health.lost(0, true, NOW, 0.5);
  return health;
}
