import { afterEach, describe, expect, test, vi } from 'vitest';
import { onPageHide } from '../../src/client/page-hide.ts';

afterEach(() => vi.unstubAllGlobals());

describe('when the page is left', () => {
  test('it is told of, until that is stopped', () => {
    const page = new EventTarget();
    vi.stubGlobal('onpagehide', null);
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    const depart = vi.fn(() => 0);
    const stop = onPageHide(depart);
    page.dispatchEvent(new Event('pagehide'));
    page.dispatchEvent(new Event('pagehide'));
    expect(depart).toHaveBeenCalledTimes(2);
    stop();
    page.dispatchEvent(new Event('pagehide'));
    expect(depart).toHaveBeenCalledTimes(2);
  });

  test('all who listen have one budget, each time anew', () => {
    const page = new EventTarget();
    vi.stubGlobal('onpagehide', null);
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    const budgets: number[] = [];
    for (const sentBytes of [20_000, 40_000, 5_536, 0]) {
      onPageHide((budgetBytes) => {
        budgets.push(budgetBytes);
        return sentBytes;
      });
    }
    page.dispatchEvent(new Event('pagehide'));
    expect(budgets).toEqual([65_536, 45_536, 5_536, 0]);
    page.dispatchEvent(new Event('pagehide'));
    expect(budgets[4]).toBe(65_536);
  });

  test('where there is no page, nothing is listened to', () => {
    const listen = vi.fn();
    vi.stubGlobal('addEventListener', listen);
    onPageHide(vi.fn(() => 0))();
    expect(listen).not.toHaveBeenCalled();
  });
});
