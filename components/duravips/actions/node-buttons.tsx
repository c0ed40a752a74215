'use client';

/** Drain a node and end its drain, announce a view, unpin: buttons that bring their own sheet, for any page. */

import { useState } from 'react';
import { useCollection } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { inertName } from '../../ui/inert-text.ts';
import { LazyActionSheet } from './lazy-action-sheet.tsx';
import type { VipAction } from './vip-action.ts';
import { useActionObstacle } from './write-gate.ts';

type OpenButtonProps = {
  readonly action: VipAction;
  readonly mark: string;
  readonly obstacle?: string | null;
  readonly words: string;
  /** Said after the words to those who do not see the row. */
  readonly about?: string;
  readonly showReason?: boolean;
};

function OpenButton({ action, mark, obstacle = null, words, about, showReason = true }: OpenButtonProps) {
  const [open, setOpen] = useState(false);
  const gate = useActionObstacle();
  return (
    <>
      <ActionButton
        mark={mark}
        obstacle={gate ?? obstacle}
        showReason={showReason}
        onPress={() => setOpen(true)}
      >
        <span>
          {words}
          {about === undefined ? '' : <span className="visually-hidden"> {about}</span>}…
        </span>
      </ActionButton>
      {open ? <LazyActionSheet action={action} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

export type NodeButtonProps = { readonly node: string; readonly showReason?: boolean };

/** Drain, or the end of the drain while the node drains. Nothing for a node without DuraVIPs. */
export function DrainButton({ node, showReason = true }: NodeButtonProps) {
  const row = useCollection('vipNodes')[node];
  if (row === undefined) return null;
  const { drain, undrain } = MARKS.duravips.actions;
  const shared = { about: inertName(node), showReason };
  return row.draining ? (
    <OpenButton action={{ kind: 'undrain', node }} mark={undrain} words="End drain" {...shared} />
  ) : (
    <OpenButton
      action={{ kind: 'drain', node }}
      mark={drain}
      obstacle={row.present ? null : 'it is not here'}
      words="Drain"
      {...shared}
    />
  );
}

export function AnnounceButton({ showReason = true }: { readonly showReason?: boolean }) {
  return (
    <OpenButton
      action={{ kind: 'announce' }}
      mark={MARKS.duravips.actions.announce}
      words="Announce view"
      showReason={showReason}
    />
  );
}

export function UnpinButton({ address }: { readonly address: string }) {
  const pinned = useCollection('vips')[address]?.pinned ?? null;
  if (pinned === null) return null;
  return (
    <OpenButton
      action={{ kind: 'unpin', address }}
      mark={MARKS.duravips.actions.unpin}
      words="Unpin"
      about={inertName(address)}
    />
  );
}
