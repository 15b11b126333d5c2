import { afterEach, describe, expect, test, vi } from 'vitest';
import { onPageHide } from '../src/surroundings.ts';

afterEach(() => vi.unstubAllGlobals());

describe('when the page is left', () => {
  test('it is told of, until that is stopped', () => {
    const page = new EventTarget();
    vi.stubGlobal('onpagehide', null);
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    const depart = vi.fn();
    const stop = onPageHide(depart);
    page.dispatchEvent(new Event('pagehide'));
    page.dispatchEvent(new Event('pagehide'));
    expect(depart).toHaveBeenCalledTimes(2);
    stop();
    page.dispatchEvent(new Event('pagehide'));
    expect(depart).toHaveBeenCalledTimes(2);
  });

  test('where there is no page, nothing is listened to', () => {
    const listen = vi.fn();
    vi.stubGlobal('addEventListener', listen);
    onPageHide(vi.fn())();
    expect(listen).not.toHaveBeenCalled();
  });
});
