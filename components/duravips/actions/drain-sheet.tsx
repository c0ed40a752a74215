'use client';

/** Drain of a node: all its addresses go to others, one after the other, and none comes until the drain is ended. */

import { useState } from 'react';
import type { VipRow, WhatIfReply } from '../../../server/wire/duravip.ts';
import { useCollection } from '../../live/use-live.ts';
import { usePreviewData } from '../../live/use-preview-data.ts';
import { plural } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import type { Precondition } from '../../ui/preview-obstacle.ts';
import { Status } from '../../ui/status-glyph.tsx';
import type { VipRows } from './move-plan.ts';
import { RevertChoice } from './revert-choice.tsx';
import { useReview } from './use-review.ts';
import type { WriteEnds } from './vip-action.ts';
import { useDrainForecast } from './what-if-query.ts';
import { WriteSheet } from './write-sheet.tsx';

export type DrainSheetProps = WriteEnds & {
  readonly node: string;
  readonly undrain: boolean;
};

export function drainCommand(node: string, undrain: boolean): string {
  return `cluster duravip ${undrain ? 'undrain' : 'drain'} ${node}`;
}

function ownedBy(vips: VipRows, node: string): readonly VipRow[] {
  return Object.values(vips).filter(({ owner }) => owner === node);
}

/** Changes when another set of addresses would be moved. */
function ownedState(rows: readonly VipRow[]): string {
  return rows
    .map(({ address, version }) => `${address} ${version}`)
    .sort()
    .join('\n');
}

export function DrainSheet({ node, undrain, onClose, onAccepted }: DrainSheetProps) {
  const vips = useCollection('vips');
  const known = useCollection('vipNodes')[node];
  const data = usePreviewData();
  const owned = ownedBy(vips, node);
  const { seen, due, review } = useReview(owned, (then, now) => ownedState(then) !== ownedState(now));
  const forecast = useDrainForecast(node, ownedState(seen));
  const [revertAfterS, setRevertAfterS] = useState<number | null>(null);
  const name = inertName(node);
  const draining = known?.draining === true;
  const count = undrain ? '' : `: ${plural(owned.length, 'address', 'addresses')}`;
  return (
    <WriteSheet
      class="W2"
      title={undrain ? `End the drain of ${name}` : `Drain ${name}`}
      verb={undrain ? 'End the drain of' : 'Drain'}
      object={`${name}${count}`}
      commands={[drainCommand(node, undrain)]}
      undo={{ commands: [drainCommand(node, !undrain)] }}
      effect={
        undrain ? (
          <p>
            {name} may have addresses again. Nothing moves at once: balance and preference give it some, in
            batches.
          </p>
        ) : (
          <DrainEffect node={node} owned={owned} forecast={forecast.data} failure={forecast.error} />
        )
      }
      data={data}
      preconditions={undrain ? [] : drainPreconditions(seen, owned)}
      obstacle={drainObstacle(name, known !== undefined, draining, undrain)}
      reviewDue={due === null || (undrain && due === 'changed') ? null : { kind: due, review }}
      onClose={onClose}
      onAccepted={onAccepted}
      write={({ reason }) => ({
        path: 'drains',
        body: { node, undrain, reason: reason ?? '', revertAfterS: undrain ? null : revertAfterS },
      })}
    >
      {undrain ? null : <RevertChoice value={revertAfterS} obstacle={null} onChange={setRevertAfterS} />}
    </WriteSheet>
  );
}

function drainObstacle(name: string, known: boolean, draining: boolean, undrain: boolean): string | null {
  if (!known) return `${name} has no DuraVIPs`;
  if (draining && !undrain) return `${name} drains already`;
  return undrain && !draining ? `${name} does not drain` : null;
}

function drainPreconditions(seen: readonly VipRow[], now: readonly VipRow[]): readonly Precondition[] {
  if (ownedState(seen) === ownedState(now)) {
    return [
      { text: `it owns the same ${plural(now.length, 'address', 'addresses')} as shown`, state: 'holds' },
    ];
  }
  return [
    {
      text: `it owned ${plural(seen.length, 'address', 'addresses')}, now it owns ${now.length}, or others`,
      state: 'changed',
    },
  ];
}

type DrainEffectProps = {
  readonly node: string;
  readonly owned: readonly VipRow[];
  readonly forecast: WhatIfReply | undefined;
  readonly failure: Error | null;
};

/** Addresses without a candidate that are listed; more are counted. */
const STRANDED_LISTED_MAX = 12;

function DrainEffect({ node, owned, forecast, failure }: DrainEffectProps) {
  const name = inertName(node);
  const pinned = owned.filter((row) => row.pinned === node).length;
  return (
    <ul className="move-effect">
      <li>
        {name} gives away {plural(owned.length, 'address', 'addresses')}, each released there before another
        node takes it, and gets none until the drain is ended.
      </li>
      <li>Connections to them break and have to be made again.</li>
      {pinned === 0 ? null : (
        <li>{plural(pinned, 'address is', 'addresses are')} pinned to it; they move as well.</li>
      )}
      {forecast === undefined ? (
        <li>
          <Status shape="unknown">
            {failure === null
              ? 'Asking the election of the nodes where they go…'
              : `Not known where they go: ${failure.message}`}
          </Status>
        </li>
      ) : (
        <Forecast forecast={forecast} />
      )}
    </ul>
  );
}

function Forecast({ forecast }: { readonly forecast: WhatIfReply }) {
  const stranded = forecast.moves.filter(({ to }) => to === null);
  const lose = forecast.moves.filter(({ losesPreference }) => losesPreference).length;
  const loads = forecast.loads.filter(({ before, after }) => before !== after);
  const more = stranded.length - STRANDED_LISTED_MAX;
  return (
    <>
      <li>
        By the election of the nodes themselves:{' '}
        {loads.length === 0
          ? 'no load changes'
          : loads.map(({ node, before, after }) => `${inertName(node)} ${before} → ${after}`).join(', ')}
        .
      </li>
      {stranded.length === 0 ? null : (
        <li>
          <Status shape="critical">
            {plural(stranded.length, 'address has', 'addresses have')} no other candidate and would be served
            by nobody:{' '}
            {stranded
              .slice(0, STRANDED_LISTED_MAX)
              .map(({ address }) => inertName(address))
              .join(', ')}
            {more > 0 ? ` and ${more} more` : ''}
          </Status>
        </li>
      )}
      {lose === 0 ? null : (
        <li>
          <Status shape="warning">
            {plural(lose, 'address loses its', 'addresses lose their')} preferred node.
          </Status>
        </li>
      )}
    </>
  );
}
