'use client';

/** Many addresses at once (W2): to one node, or spread. Says which are not moved and why; the button names the count. */

import { useMemo, useState } from 'react';
import { OPERATION_ITEMS_MAX, type VipRow } from '../../../server/wire/duravip.ts';
import { useCollection } from '../../live/use-live.ts';
import { usePreviewData } from '../../live/use-preview-data.ts';
import { MARKS } from '../../test-marks.ts';
import { plural } from '../../ui/format-time.ts';
import { inertName, inertText } from '../../ui/inert-text.ts';
import type { Precondition } from '../../ui/preview-obstacle.ts';
import { Status } from '../../ui/status-glyph.tsx';
import { type BulkPlan, bulkPlan, moveCommand, rowChanges, undoCommands, type VipRows } from './move-plan.ts';
import { RevertChoice } from './revert-choice.tsx';
import { useReview } from './use-review.ts';
import type { WriteEnds } from './vip-action.ts';
import { WriteSheet } from './write-sheet.tsx';

export type BulkSheetProps = WriteEnds & {
  readonly addresses: readonly string[];
  /** Null: spread. */
  readonly to: string | null;
};

export function BulkSheet({ addresses, to, onClose, onAccepted }: BulkSheetProps) {
  const vips = useCollection('vips');
  const nodes = useCollection('vipNodes');
  const data = usePreviewData();
  const present = addresses.flatMap((address) => vips[address] ?? []);
  const { seen, due, review } = useReview(
    { rows: present, nodes },
    (then) => changesOf(then.rows, vips).length > 0,
  );
  // Made from what was looked at: the load of the nodes changes while one reads, and must not change the plan.
  const plan = useMemo(() => bulkPlan(seen.rows, seen.nodes, to), [seen, to]);
  const [revertAfterS, setRevertAfterS] = useState<number | null>(null);
  const { moves } = plan;
  const count = plural(moves.length, 'VIP');
  const object = to === null ? `${count}, spread` : `${count} to ${inertName(to)}`;
  const back = moves.filter(({ row }) => row.owner !== null);
  return (
    <WriteSheet
      class="W2"
      title={`Move ${object}`}
      verb="Move"
      object={object}
      commands={moves.map(({ row, to: target }) => moveCommand(row.address, target))}
      undo={
        back.length === 0
          ? { none: 'Nobody had them before: there is nothing to go back to.' }
          : { commands: back.flatMap(({ row }) => undoCommands(row)) }
      }
      effect={<BulkEffect plan={plan} />}
      data={data}
      preconditions={bulkPreconditions(seen.rows, vips)}
      obstacle={bulkObstacle(moves.length)}
      reviewDue={due === null ? null : { kind: due, review }}
      onClose={onClose}
      onAccepted={onAccepted}
      write={({ reason }) => ({
        path: 'moves',
        body: {
          items: moves.map(({ row, to: target }) => ({
            address: row.address,
            to: target,
            expected: { owner: row.owner, version: row.version },
          })),
          reason: reason ?? '',
          revertAfterS,
        },
      })}
    >
      <LeftOut plan={plan} />
      <RevertChoice value={revertAfterS} obstacle={null} onChange={setRevertAfterS} />
    </WriteSheet>
  );
}

function bulkObstacle(count: number): string | null {
  if (count === 0) return 'none of them can be moved there';
  return count > OPERATION_ITEMS_MAX ? `at most ${OPERATION_ITEMS_MAX} at once` : null;
}

function changesOf(rows: readonly VipRow[], vips: VipRows): readonly VipRow[] {
  return rows.filter((row) => rowChanges(row, vips[row.address]).length > 0);
}

/** Changed addresses that are named. */
const CHANGES_NAMED_MAX = 3;

function bulkPreconditions(rows: readonly VipRow[], vips: VipRows): readonly Precondition[] {
  const changed = changesOf(rows, vips);
  if (changed.length === 0) {
    return [
      { text: `all ${plural(rows.length, 'address', 'addresses')} are as when this opened`, state: 'holds' },
    ];
  }
  const named = changed.slice(0, CHANGES_NAMED_MAX).map((row) => {
    const [first = ''] = rowChanges(row, vips[row.address]);
    return `${inertName(row.address)}: ${inertName(first)}`;
  });
  const more = changed.length - named.length;
  const text = `${changed.length} of ${rows.length} are not as they were: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  return [{ text, state: 'changed' }];
}

function BulkEffect({ plan }: { readonly plan: BulkPlan }) {
  const followers = plan.moves.reduce((sum, { row }) => sum + row.followers.length, 0);
  const preferred = plan.moves.filter(
    ({ row, to }) => row.preference !== null && row.preference !== to,
  ).length;
  const orphans = plan.moves.filter(({ row }) => row.owner === null).length;
  return (
    <ul className="move-effect">
      <li>
        {plural(plan.moves.length, 'command goes', 'commands go')} out, one for each address; each is released
        by its owner before the other node takes it. Connections to them break and have to be made again.
      </li>
      {followers === 0 ? null : (
        <li>{plural(followers, 'address follows and moves', 'addresses follow and move')} too.</li>
      )}
      {orphans === 0 ? null : <li>{plural(orphans, 'address is', 'addresses are')} owned by nobody now.</li>}
      {plan.loads.length === 0 ? null : (
        <li>
          Addresses each:{' '}
          {plan.loads.map(({ node, before, after }) => `${inertName(node)} ${before} → ${after}`).join(', ')}.
        </li>
      )}
      <li>They are pinned to where they go, until they are unpinned or moved again.</li>
      {preferred === 0 ? null : (
        <li>
          <Status shape="warning">
            {plural(preferred, 'address goes to a node that is', 'addresses go to nodes that are')} not
            preferred.
          </Status>
        </li>
      )}
    </ul>
  );
}

/** Addresses left out that are listed; more are counted. */
const LEFT_LISTED_MAX = 50;

function LeftOut({ plan }: { readonly plan: BulkPlan }) {
  const { left } = plan;
  if (left.length === 0) return null;
  const more = left.length - LEFT_LISTED_MAX;
  return (
    <div>
      <p className="label">Not moved: {left.length}</p>
      <ul className="operation-list" data-test={MARKS.duravips.actions.bulkLeft}>
        {left.slice(0, LEFT_LISTED_MAX).map(({ address, why }) => (
          <li key={address}>
            <span className="mono">{inertName(address)}</span>: {inertText(why)}
          </li>
        ))}
      </ul>
      {more > 0 ? <p className="muted">and {more} more</p> : null}
    </div>
  );
}
