'use client';

/**
 * Keys that work on every page, and what they open. Palette and shortcut sheet are loaded when they are opened for
 * the first time; nothing of them is in the first load of a page.
 */

import { useRouter } from 'next/navigation';
import { createContext, lazy, type ReactNode, Suspense, useContext, useMemo, useState } from 'react';
import { type Shortcut, useShortcuts } from '../ui/shortcuts.ts';
import { toast } from '../ui/toasts.ts';
import { pagesOf } from './board-pages.tsx';
import { useSession } from './session-gate.tsx';

type Layer = 'palette' | 'keys' | null;
type FrameKeysValue = { readonly open: (layer: Layer) => void };

const FrameKeysContext = createContext<FrameKeysValue>({ open: () => {} });

export function useFrameLayers(): FrameKeysValue {
  return useContext(FrameKeysContext);
}

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }));
const ShortcutSheet = lazy(async () => ({ default: (await import('./shortcut-sheet.tsx')).ShortcutSheet }));

/** The palette does not open over something that is being decided. */
function somethingIsOpen(): boolean {
  return document.querySelector('.veil') !== null;
}

function focusFilter(): void {
  const filter = document.querySelector<HTMLElement>('#page input[type="search"]');
  if (filter) filter.focus();
  else toast({ tone: 'status', text: 'This page has no filter.' });
}

export function FrameKeys({ children }: { readonly children: ReactNode }) {
  const { account } = useSession();
  const router = useRouter();
  const [layer, setLayer] = useState<Layer>(null);
  const open = (wanted: Layer): void => {
    if (!somethingIsOpen()) setLayer(wanted);
  };
  const goKeys: readonly Shortcut[] = pagesOf(account.role).flatMap(({ key, label, href }) =>
    key === null ? [] : [{ keys: `g ${key}`, label: `Go to ${label}`, run: () => router.push(href) }],
  );
  useShortcuts(
    [
      { keys: 'Mod+k', label: 'Go to or run…', run: () => open('palette') },
      { keys: '?', label: 'Show the keys of this page', run: () => open('keys') },
      { keys: '/', label: 'Filter the page', run: focusFilter },
      ...goKeys,
    ],
    'everywhere',
  );
  const value = useMemo((): FrameKeysValue => ({ open: setLayer }), []);
  return (
    <FrameKeysContext value={value}>
      {children}
      <Suspense>
        {layer === 'palette' ? <Palette onClose={() => setLayer(null)} /> : null}
        {layer === 'keys' ? <ShortcutSheet onClose={() => setLayer(null)} /> : null}
      </Suspense>
    </FrameKeysContext>
  );
}
