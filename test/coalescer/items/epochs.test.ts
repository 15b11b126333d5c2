import { expect, test } from 'vitest';
import { Epochs } from '../../../src/coalescer/items/epochs.ts';

test('when nobody is inside, a question is answered at once', () => {
  const { epochs, ask, answers } = asked();
  ask('a');
  expect([answers, epochs.empty]).toEqual([['a'], true]);
});

test('a question is answered when all who were inside have left, later ones not counted', () => {
  const { epochs, ask, answers } = asked();
  const [one, two] = [epochs.enter(), epochs.enter()];
  ask('a');
  epochs.enter();
  epochs.leave(two);
  expect(answers).toEqual([]);
  epochs.leave(one);
  expect(answers).toEqual(['a']);
  expect(epochs.empty).toBe(false);
});

test('a later question waits for the earlier ones, although its own epoch is over', () => {
  const { epochs, ask, answers } = asked();
  const one = epochs.enter();
  ask('a');
  const two = epochs.enter();
  ask('b');
  ask('c');
  epochs.leave(two);
  expect(answers).toEqual([]);
  epochs.leave(one);
  expect([answers, epochs.empty]).toEqual([['a', 'b', 'c'], true]);
});

test('it is not empty while somebody is inside, or a question is open', () => {
  const { epochs, ask } = asked();
  const one = epochs.enter();
  expect(epochs.empty).toBe(false);
  ask('a');
  expect(epochs.empty).toBe(false);
  epochs.leave(one);
  expect(epochs.empty).toBe(true);
});

test('an answer may ask again', () => {
  const { epochs, ask, answers } = asked();
  const one = epochs.enter();
  epochs.whenOver(() => ask('again'));
  epochs.leave(one);
  expect(answers).toEqual(['again']);
});

interface Asked {
  readonly epochs: Epochs;
  readonly answers: string[];
  ask(name: string): void;
}

function asked(): Asked {
  const epochs = new Epochs();
  const answers: string[] = [];
  return { epochs, answers, ask: (name) => epochs.whenOver(() => answers.push(name)) };
}
