'use client';

/** What can be done with a selection (W2): move it to a node, or spread it. Below `VipActions` only. */

import { useId, useState } from 'react';
import { OPERATION_ITEMS_MAX } from '../../../server/wire/duravip.ts';
import { useCollection } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { plural } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import { useVipActions } from './vip-actions.tsx';

export type BulkBarProps = {
  readonly addresses: readonly string[];
  readonly onClear: () => void;
};

const SPREAD = '';

export function BulkBar({ addresses, onClear }: BulkBarProps) {
  const id = useId();
  const nodes = useCollection('vipNodes');
  const { open, obstacle } = useVipActions();
  const [to, setTo] = useState(SPREAD);
  if (addresses.length === 0) return null;
  const names = Object.values(nodes)
    .filter(({ present }) => present)
    .map(({ node }) => node)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const count = plural(addresses.length, 'VIP');
  const tooMany = addresses.length > OPERATION_ITEMS_MAX ? `at most ${OPERATION_ITEMS_MAX} at once` : null;
  const { bulkBar, bulkTarget, bulkMove, bulkClear } = MARKS.duravips.actions;
  return (
    <section
      className="bulk-bar"
      aria-label="Selected addresses"
      data-test={bulkBar}
      data-count={addresses.length}
    >
      <b>{count} selected</b>
      <label htmlFor={id} className="label">
        To
      </label>
      <select
        id={id}
        className="input"
        data-test={bulkTarget}
        value={to}
        onChange={(event) => setTo(event.target.value)}
      >
        <option value={SPREAD}>spread over the candidates</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {inertName(name)}
          </option>
        ))}
      </select>
      <ActionButton
        mark={bulkMove}
        obstacle={obstacle ?? tooMany}
        onPress={() => open({ kind: 'bulk', addresses, to: to === SPREAD ? null : to })}
      >
        Move {count}…
      </ActionButton>
      <button type="button" className="button" data-kind="quiet" data-test={bulkClear} onClick={onClear}>
        Clear selection
      </button>
    </section>
  );
}
