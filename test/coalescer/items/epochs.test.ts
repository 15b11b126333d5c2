import { expect, test } from 'vitest';
import { Epochs } from '../../../src/coalescer/items/epochs.ts';

test('when nobody is inside, a question is answered at once', () => {
  const { turnstile, ask, answers } = asked();
  ask('a');
  expect([answers, turnstile.empty]).toEqual([['a'], true]);
});

test('a question is answered when all who were inside have left, later ones not counted', () => {
  const { turnstile, ask, answers } = asked();
  const [one, two] = [turnstile.enter(), turnstile.enter()];
  ask('a');
  turnstile.enter();
  turnstile.leave(two);
  expect(answers).toEqual([]);
  turnstile.leave(one);
  expect(answers).toEqual(['a']);
  expect(turnstile.empty).toBe(false);
});

test('a later question waits for the earlier ones, although its own cohort has left', () => {
  const { turnstile, ask, answers } = asked();
  const one = turnstile.enter();
  ask('a');
  const two = turnstile.enter();
  ask('b');
  ask('c');
  turnstile.leave(two);
  expect(answers).toEqual([]);
  turnstile.leave(one);
  expect([answers, turnstile.empty]).toEqual([['a', 'b', 'c'], true]);
});

test('it is not empty while somebody is inside, or a question is open', () => {
  const { turnstile, ask } = asked();
  const one = turnstile.enter();
  expect(turnstile.empty).toBe(false);
  ask('a');
  expect(turnstile.empty).toBe(false);
  turnstile.leave(one);
  expect(turnstile.empty).toBe(true);
});

test('an answer may ask again', () => {
  const { turnstile, ask, answers } = asked();
  const one = turnstile.enter();
  turnstile.whenOver(() => ask('again'));
  turnstile.leave(one);
  expect(answers).toEqual(['again']);
});

interface Asked {
  readonly turnstile: Epochs;
  readonly answers: string[];
  ask(name: string): void;
}

function asked(): Asked {
  const turnstile = new Epochs();
  const answers: string[] = [];
  return { turnstile, answers, ask: (name) => turnstile.whenOver(() => answers.push(name)) };
}
