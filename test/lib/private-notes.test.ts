import { expect, test } from 'vitest';
import { PrivateNotes } from '../../src/lib/private-notes.ts';

test('a note is found on the object that it was written on, and on no other', () => {
  const notes = new PrivateNotes<object, string>();
  const [one, other] = [Promise.resolve(), Promise.resolve()];
  notes.set(one, 'a note');
  expect([notes.get(one), notes.get(other)]).toEqual(['a note', undefined]);
});

test('a set of notes cannot read those of another', () => {
  const [notes, others] = [new PrivateNotes<object, string>(), new PrivateNotes<object, string>()];
  const target = {};
  notes.set(target, 'a note');
  expect(others.get(target)).toBeUndefined();
  others.set(target, 'another');
  expect([notes.get(target), others.get(target)]).toEqual(['a note', 'another']);
});

test('nobody sees a note, and it changes nothing of the object', () => {
  const notes = new PrivateNotes<object, string>();
  const target = Promise.resolve();
  notes.set(target, 'a note');
  expect(Reflect.ownKeys(target)).toEqual([]);
  expect(Object.getPrototypeOf(target)).toBe(Promise.prototype);
  expect(notes.get(Object.create(target))).toBeUndefined();
});
