'use client';

/**
 * Filters what stands below it without knowing it: rows carry their text in `data-reference-text`, groups of rows
 * `data-reference-group`. Also brings the row of the address's fragment into view, which the browser tried before
 * there was one.
 */

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { MARKS } from '../test-marks.ts';
import { useUrlState } from '../ui/url-state.ts';

export type ReferenceFilterProps = {
  readonly label: string;
  readonly placeholder: string;
  readonly children: ReactNode;
};

/** Hides the rows that miss a word, and the groups without a row left. @returns rows shown and in all. */
export function filterBelow(
  root: ParentNode,
  text: string,
): { readonly shown: number; readonly all: number } {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...root.querySelectorAll<HTMLElement>('[data-reference-text]')];
  let shown = 0;
  for (const row of rows) {
    const kept = words.every((word) => row.dataset['referenceText']?.includes(word));
    row.hidden = !kept;
    if (kept) shown += 1;
  }
  for (const group of root.querySelectorAll<HTMLElement>('[data-reference-group]')) {
    group.hidden = words.length > 0 && group.querySelector('[data-reference-text]:not([hidden])') === null;
  }
  return { shown, all: rows.length };
}

export function ReferenceFilter({ label, placeholder, children }: ReferenceFilterProps) {
  const [text, setText] = useUrlState('q', '');
  const [count, setCount] = useState({ shown: 0, all: 0 });
  const body = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (body.current !== null) setCount(filterBelow(body.current, text));
  }, [text]);

  useEffect(() => {
    const fragment = decodeURIComponent(window.location.hash.slice(1));
    if (fragment !== '') document.getElementById(fragment)?.scrollIntoView();
  }, []);

  return (
    <>
      <div className="reference-filter">
        <input
          className="input"
          type="search"
          aria-label={label}
          placeholder={placeholder}
          value={text}
          data-test={MARKS.reference.filter}
          onChange={(event) => setText(event.target.value)}
        />
        <span className="muted" data-test={MARKS.reference.count}>
          {count.shown === count.all ? `${count.all} entries` : `${count.shown} of ${count.all} entries`}
        </span>
      </div>
      <div className="reference-columns" ref={body}>
        {children}
        {count.all > 0 && count.shown === 0 ? <p className="muted">Nothing passes this filter.</p> : null}
      </div>
    </>
  );
}
