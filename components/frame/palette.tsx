'use client';

/** The palette (ui.md 2.7): go to a page or a member, or take a command to the console. It previews and never fires. */

import { useRouter } from 'next/navigation';
import { useMemo, useState } from 'react';
import { Autocomplete } from 'react-aria-components/Autocomplete';
import { Collection } from 'react-aria-components/Collection';
import { Dialog } from 'react-aria-components/Dialog';
import { Header } from 'react-aria-components/Header';
import { Input } from 'react-aria-components/Input';
import { Menu, MenuItem, MenuSection } from 'react-aria-components/Menu';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { TextField } from 'react-aria-components/TextField';
import { useTargetGrammar } from '../console/grammar-queries.ts';
import { useSavedCommands } from '../console/saved-queries.ts';
import { useCollection, useLiveParts } from '../live/use-live.ts';
import { compareNames, memberName } from '../members/member-words.ts';
import { MARKS } from '../test-marks.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { pagesOf } from './board-pages.tsx';
import {
  findItems,
  PALETTE_QUERY_CHARACTERS_MAX,
  PALETTE_SECTIONS,
  type PaletteItem,
  type PaletteOffers,
  paletteItems,
} from './palette-items.ts';
import { useSession } from './session-gate.tsx';

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter();
  const [query, setQuery] = useState('');
  const items = usePaletteItems();
  const found = useMemo(() => findItems(items, query), [items, query]);
  const sections = PALETTE_SECTIONS.map((name) => ({
    name,
    items: found.filter((each) => each.section === name),
  })).filter((section) => section.items.length > 0);
  const choose = (id: React.Key): void => {
    const chosen = found.find((each) => each.id === id);
    if (chosen === undefined) return;
    onClose();
    router.push(chosen.href);
  };
  return (
    <ModalOverlay
      className="veil palette-veil"
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className="palette-box">
        <Dialog className="palette" aria-label="Go to or run" data-test={MARKS.palette.dialog}>
          <Autocomplete inputValue={query} onInputChange={setQuery}>
            <TextField aria-label="Go to or run" autoFocus maxLength={PALETTE_QUERY_CHARACTERS_MAX}>
              <Input
                className="input palette-input"
                placeholder="A page, a member, a command…"
                data-test={MARKS.palette.input}
              />
            </TextField>
            <ScrollRegion className="palette-scroll" label="Found">
              <Menu
                className="palette-list"
                aria-label="Found"
                items={sections}
                onAction={choose}
                renderEmptyState={() => <p className="menu-note muted">Nothing is called that.</p>}
              >
                {(section) => (
                  <MenuSection id={section.name} className="palette-section">
                    <Header className="label palette-title">{section.name}</Header>
                    <Collection items={section.items}>{(each) => <PaletteRow item={each} />}</Collection>
                  </MenuSection>
                )}
              </Menu>
            </ScrollRegion>
          </Autocomplete>
          <p className="palette-foot muted">
            <kbd>↑</kbd> <kbd>↓</kbd> choose · <kbd>Enter</kbd> go · commands open in the console, changes in
            their preview; nothing is sent
          </p>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** What goes to the console is shown as it is typed. */
const NOT_COMMANDS: ReadonlySet<PaletteItem['section']> = new Set([
  'Pages',
  'Members',
  'DuraVIPs',
  'Logs',
  'Objects',
]);

function PaletteRow({ item }: { readonly item: PaletteItem }) {
  const command = !NOT_COMMANDS.has(item.section);
  return (
    <MenuItem
      id={item.id}
      textValue={item.label}
      className="menu-item palette-item"
      data-test={MARKS.palette.item}
      data-section={item.section}
    >
      <span className={command && item.section !== 'Saved commands' ? 'mono' : undefined}>{item.label}</span>
      <span className="palette-note muted">{item.note}</span>
    </MenuItem>
  );
}

function usePaletteItems(): readonly PaletteItem[] {
  const { account } = useSession();
  const rows = useCollection('members');
  const members = useMemo(
    () => Object.values(rows).sort((a, b) => compareNames(memberName(a), memberName(b))),
    [rows],
  );
  const nodes = useMemo(() => members.filter(({ role }) => role === 'node'), [members]);
  const { commands } = useTargetGrammar(nodes, true);
  const saved = useSavedCommands().data;
  const rowOffers = useRowOffers();
  return useMemo(
    () => paletteItems({ ...rowOffers, pages: pagesOf(account.role), members, saved: saved ?? [], commands }),
    [account.role, members, saved, commands, rowOffers],
  );
}

/** As they are when the palette opens: it is closed again before they change much, and there may be very many. */
function useRowOffers(): Pick<PaletteOffers, 'vips' | 'vipNodes' | 'logs' | 'objects'> {
  const { store } = useLiveParts();
  const [offers] = useState(() => {
    const { model } = store.published().live;
    const vips = Object.values(model.vips).sort((a, b) => compareNames(a.address, b.address));
    const logs = Object.values(model.logs).sort((a, b) => compareNames(a.id, b.id));
    const objects = Object.values(model.objects).sort((a, b) => compareNames(a.id, b.id));
    return { vips, vipNodes: Object.keys(model.vipNodes).sort(compareNames), logs, objects };
  });
  return offers;
}
