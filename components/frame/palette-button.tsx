'use client';

/** Opens the palette with the pointer; says which keys do the same. */

import { useEffect, useState } from 'react';
import { MARKS } from '../test-marks.ts';
import { useFrameLayers } from './frame-keys.tsx';
import { keyNames } from './key-names.ts';

export function PaletteButton() {
  const { open } = useFrameLayers();
  // Which keyboard this is, only the browser knows.
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => setNames(keyNames('Mod+k')), []);
  return (
    <button
      type="button"
      className="button palette-button"
      aria-haspopup="dialog"
      // All that is read on it: the button is pressed by saying what it shows.
      aria-label={`Go to or run… ${names.join(' ')}`.trim()}
      aria-keyshortcuts="Control+K Meta+K"
      data-test={MARKS.frame.palette}
      onClick={() => open('palette')}
    >
      <svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
        <circle cx="8.5" cy="8.5" r="5" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="m12.500 12.500 4.500 4.500" stroke="currentColor" strokeWidth="1.5" />
      </svg>
      <span className="palette-button-text">Go to or run…</span>
      <kbd className="palette-button-keys">{names.join(' ')}</kbd>
    </button>
  );
}
