'use client';

/** Light, dark or the system's, kept in this browser. */

import { useEffect, useState } from 'react';
import { MARKS } from '../test-marks.ts';
import { chooseTheme, resolveTheme, storedChoice, type Theme } from './theme.ts';

export function ThemeToggle() {
  const [theme, setTheme] = useState<Theme | null>(null);
  useEffect(() => {
    const read = (): void => setTheme(resolveTheme(storedChoice()));
    read();
    const query = matchMedia('(prefers-color-scheme: dark)');
    query.addEventListener('change', read);
    return () => query.removeEventListener('change', read);
  }, []);
  const other: Theme = theme === 'dark' ? 'light' : 'dark';
  const switchTheme = (): void => {
    chooseTheme(other);
    setTheme(other);
  };
  return (
    <button
      type="button"
      className="button"
      data-kind="quiet"
      data-size="icon"
      data-test={MARKS.frame.themeToggle}
      aria-label={`Switch to the ${other} theme`}
      title={`Switch to the ${other} theme`}
      onClick={switchTheme}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="6.5" fill="none" stroke="currentColor" strokeWidth="1.4" />
        <path d="M10 3.5a6.5 6.5 0 0 1 0 13Z" fill="currentColor" />
      </svg>
    </button>
  );
}
