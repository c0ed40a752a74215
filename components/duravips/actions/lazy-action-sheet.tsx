'use client';

/** Sheets are loaded when the first of them opens; nothing of them is in the first load of a page. */

import { lazy, Suspense } from 'react';
import type { ActionSheetProps } from './action-sheet.tsx';

const ActionSheet = lazy(async () => ({ default: (await import('./action-sheet.tsx')).ActionSheet }));

export function LazyActionSheet(props: ActionSheetProps) {
  return (
    <Suspense>
      <ActionSheet {...props} />
    </Suspense>
  );
}
