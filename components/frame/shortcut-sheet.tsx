'use client';

/** The keys of this page, and those of every page. */

import { MARKS } from '../test-marks.ts';
import { Sheet } from '../ui/sheet.tsx';
import { type Shortcut, useShortcutList } from '../ui/shortcuts.ts';
import { keyNames } from './key-names.ts';
import { usePreferred } from './preferences-provider.tsx';

export function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  const { page, everywhere } = useShortcutList();
  const { preferences } = usePreferred();
  const covered = new Set(page.map(({ keys }) => keys));
  return (
    <Sheet title="Keys" open onClose={onClose} mark={MARKS.shortcuts.sheet} closeMark={MARKS.shortcuts.close}>
      {preferences.shortcuts ? null : (
        <p className="muted">
          Single keys are switched off. You can switch them on under <a href="/settings">Settings</a>.
        </p>
      )}
      <KeyList title="This page" shortcuts={page} empty="This page has no keys of its own." />
      <KeyList
        title="Every page"
        shortcuts={everywhere.filter(({ keys }) => !covered.has(keys))}
        empty="There are none."
      />
      <p className="muted">Escape closes one layer. Keys do nothing while you type in a field.</p>
    </Sheet>
  );
}

type KeyListProps = {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
  readonly empty: string;
};

function KeyList({ title, shortcuts, empty }: KeyListProps) {
  // Two parts of a page may name the same keys; the newest counts.
  const rows = [...new Map(shortcuts.map((shortcut) => [shortcut.keys, shortcut])).values()];
  return (
    <section>
      <h3 className="section-title">{title}</h3>
      {rows.length === 0 ? <p className="muted">{empty}</p> : null}
      <dl className="key-list">
        {rows.map(({ keys, label }) => (
          <div key={keys} data-test={MARKS.shortcuts.row}>
            <dt>
              {keyNames(keys).map((name, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: keys of one row in order
                <kbd key={place}>{name}</kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
