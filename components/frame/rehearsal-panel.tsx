'use client';

/** Demo only: opens the rehearsal, which is loaded then. */

import { lazy, Suspense, useState } from 'react';
import { MARKS } from '../test-marks.ts';

const RehearsalSheet = lazy(async () => ({
  default: (await import('./rehearsal-sheet.tsx')).RehearsalSheet,
}));

export function RehearsalPanel() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="button rehearsal-open"
        data-test={MARKS.rehearsal.open}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        Rehearsal
      </button>
      <Suspense>{open ? <RehearsalSheet onClose={() => setOpen(false)} /> : null}</Suspense>
    </>
  );
}
