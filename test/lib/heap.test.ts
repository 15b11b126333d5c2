import { expect, test } from 'vitest';
import { Heap } from '../../src/lib/heap.ts';

const byValue = (a: number, b: number): boolean => a < b;

test.each([
  { pushed: [] },
  { pushed: [1] },
  { pushed: [2, 1] },
  { pushed: [1, 2, 3, 4, 5, 6, 7] },
  { pushed: [7, 6, 5, 4, 3, 2, 1] },
  { pushed: [3, 1, 3, 0, 2, 3, 1] },
])('$pushed come out the least first', ({ pushed }) => {
  const heap = new Heap(byValue);
  for (const value of pushed) heap.push(value);
  expect(heap.size).toBe(pushed.length);
  expect(emptied(heap)).toEqual(pushed.toSorted((a, b) => a - b));
  expect(heap.size).toBe(0);
});

test('pushing and popping may alternate', () => {
  const heap = new Heap(byValue);
  for (const value of [5, 3, 8]) heap.push(value);
  expect(heap.pop()).toBe(3);
  heap.push(1);
  heap.push(6);
  expect(emptied(heap)).toEqual([1, 5, 6, 8]);
});

test('an element that takes the place of the least one finds its own', () => {
  const heap = new Heap<{ value: number }>((a, b) => a.value < b.value);
  const grows = { value: 1 };
  for (const element of [{ value: 4 }, grows, { value: 2 }, { value: 3 }]) heap.push(element);
  grows.value = 5;
  expect(heap.replace(grows)).toBe(grows);
  expect(emptied(heap).map(({ value }) => value)).toEqual([2, 3, 4, 5]);
});

test('what is not kept is gone, and the rest stays in order', () => {
  const heap = new Heap(byValue);
  for (const value of [5, 3, 8, 1, 9, 2, 7]) heap.push(value);
  heap.retain((value) => value % 2 === 1);
  expect(heap.size).toBe(5);
  expect(emptied(heap)).toEqual([1, 3, 5, 7, 9]);
});

test('an empty heap has no first element, and stays empty', () => {
  const heap = new Heap(byValue);
  expect([heap.first, heap.pop(), heap.size]).toEqual([undefined, undefined, 0]);
});

test('there is no least element to exchange in an empty heap', () => {
  const heap = new Heap(byValue);
  expect(heap.replace(3)).toBeUndefined();
  expect(heap.replace(5)).toBe(3);
  expect(emptied(heap)).toEqual([5]);
});

test('a cleared heap can be used again', () => {
  const heap = new Heap(byValue);
  for (const value of [2, 1]) heap.push(value);
  heap.clear();
  expect(heap.first).toBeUndefined();
  heap.push(3);
  expect(emptied(heap)).toEqual([3]);
});

function emptied<T>(heap: Heap<T>): T[] {
  const elements: T[] = [];
  for (let first = heap.first; first !== undefined; first = heap.first) {
    expect(heap.pop()).toBe(first);
    elements.push(first);
  }
  return elements;
}
