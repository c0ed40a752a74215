// @vitest-environment happy-dom

import { cleanup, fireEvent, render } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';
import { SEQUENCE_MS, type Shortcut, ShortcutMatcher } from '../../../components/ui/shortcut-keys.ts';
import { setSingleKeyShortcuts, useShortcuts } from '../../../components/ui/shortcuts.ts';
import { TOAST_STATUS_MS, TOASTS_MAX, ToastQueue } from '../../../components/ui/toast-queue.ts';

afterEach(() => {
  setSingleKeyShortcuts(true);
  cleanup();
});

const nothing = (): void => {};
const LIST: readonly Shortcut[] = ['g m', 'g o', 'm', '/', 'Mod+k', 'Escape'].map((keys) => ({
  keys,
  label: keys,
  run: nothing,
}));

function press(matcher: ShortcutMatcher, key: string, nowMs = 0, singleKeys = true, mod = false) {
  return matcher.press({ key, mod, alt: false, inField: false }, LIST, singleKeys, nowMs)?.keys;
}

describe('shortcuts', () => {
  test('two keys in a row are one shortcut, the second alone another', () => {
    const matcher = new ShortcutMatcher();
    expect(press(matcher, 'g')).toBeUndefined();
    expect(press(matcher, 'm')).toBe('g m');
    expect(press(matcher, 'm')).toBe('m');
  });

  test('the second key may come up to a second later', () => {
    const matcher = new ShortcutMatcher();
    press(matcher, 'g', 0);
    expect(press(matcher, 'm', SEQUENCE_MS)).toBe('g m');
    press(matcher, 'g', 5_000);
    expect(press(matcher, 'm', 5_000 + SEQUENCE_MS + 1)).toBe('m');
  });

  test('a key that leads nowhere ends the row, and counts for itself', () => {
    const matcher = new ShortcutMatcher();
    press(matcher, 'g');
    expect(press(matcher, '/')).toBe('/');
    expect(press(matcher, 'm')).toBe('m');
  });

  test('printable keys can be switched off; combinations and Escape stay', () => {
    const matcher = new ShortcutMatcher();
    expect(press(matcher, '/', 0, false)).toBeUndefined();
    expect(press(matcher, 'K', 0, false, true)).toBe('Mod+k');
    expect(press(matcher, 'Escape', 0, false)).toBe('Escape');
  });

  test('of equal keys the newest counts', () => {
    const matcher = new ShortcutMatcher();
    const newer = { keys: '/', label: 'newer', run: nothing };
    const found = matcher.press(
      { key: '/', mod: false, alt: false, inField: false },
      [...LIST, newer],
      true,
      0,
    );
    expect(found?.label).toBe('newer');
  });

  test('typing in a field is never a shortcut', () => {
    const heard: string[] = [];
    function Page() {
      useShortcuts([{ keys: '/', label: 'filter', run: () => heard.push('/') }]);
      return <input />;
    }
    const page = render(<Page />);
    fireEvent.keyDown(page.getByRole('textbox'), { key: '/' });
    expect(heard).toEqual([]);
    fireEvent.keyDown(document.body, { key: '/' });
    expect(heard).toEqual(['/']);
    page.unmount();
    fireEvent.keyDown(document.body, { key: '/' });
    expect(heard).toEqual(['/']);
  });
});

describe('messages', () => {
  test('a status leaves by itself, an alert stays', () => {
    const queue = new ToastQueue();
    queue.add({ tone: 'status', text: 'copied' }, 0);
    queue.add({ tone: 'alert', text: 'refused' }, 0);
    queue.expire(TOAST_STATUS_MS, false);
    expect(queue.toasts.map(({ text }) => text)).toEqual(['refused']);
    expect(queue.deadlineMs).toBeUndefined();
  });

  test('nothing leaves under the pointer', () => {
    const queue = new ToastQueue();
    queue.add({ tone: 'status', text: 'copied' }, 0);
    queue.expire(TOAST_STATUS_MS, true);
    expect(queue.toasts).toHaveLength(1);
    queue.expire(2 * TOAST_STATUS_MS, false);
    expect(queue.toasts).toHaveLength(0);
  });

  test('the same message stands once, and there is room for few', () => {
    const queue = new ToastQueue();
    queue.add({ tone: 'alert', text: 'first' }, 0);
    for (let index = 0; index < TOASTS_MAX; index += 1) queue.add({ tone: 'status', text: `s${index}` }, 0);
    queue.add({ tone: 'status', text: 's3' }, 0);
    expect(queue.toasts.map(({ text }) => text)).toEqual(['first', 's1', 's2', 's3']);
  });
});
