'use client';

/** Short messages over the page, above the thumb on a phone. What they say was spoken already: this is no live region. */

import { MARKS } from '../test-marks.ts';
import { StatusGlyph } from '../ui/status-glyph.tsx';
import { toastStore, useToasts } from '../ui/toasts.ts';

export function ToastList() {
  const toasts = useToasts();
  if (toasts.length === 0) return null;
  return (
    <section
      className="toasts"
      aria-label="Messages"
      onPointerEnter={() => toastStore.hold(true)}
      onPointerLeave={() => toastStore.hold(false)}
      onFocus={() => toastStore.hold(true)}
      onBlur={() => toastStore.hold(false)}
    >
      {toasts.map(({ id, tone, text, action }) => (
        <div key={id} className="toast" data-tone-of={tone} data-test={MARKS.toast.item}>
          <StatusGlyph shape={tone === 'alert' ? 'warning' : 'ok'} />
          <p>{text}</p>
          {action === undefined ? null : (
            <button
              type="button"
              className="button"
              data-test={MARKS.toast.action}
              onClick={() => {
                action.run();
                toastStore.dismiss(id);
              }}
            >
              {action.label}
            </button>
          )}
          <button
            type="button"
            className="button"
            data-kind="quiet"
            data-test={MARKS.toast.dismiss}
            onClick={() => toastStore.dismiss(id)}
          >
            Dismiss
          </button>
        </div>
      ))}
    </section>
  );
}
