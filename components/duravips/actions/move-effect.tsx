/** What will happen when an address moves: who does what, what goes along, what it does to the load, and for how long. */

import type { VipRow } from '../../../server/wire/duravip.ts';
import { plural } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import { Status } from '../../ui/status-glyph.tsx';
import { namesOf } from '../vip-words.ts';
import { movedTogether, type VipNodes } from './move-plan.ts';

export type MoveEffectProps = {
  readonly row: VipRow;
  readonly to: string;
  readonly nodes: VipNodes;
  /** Of the nodes concerned, those that send no heartbeats. */
  readonly silent: readonly string[];
};

export function MoveEffect({ row, to, nodes, silent }: MoveEffectProps) {
  const target = inertName(to);
  return (
    <ul className="move-effect">
      <li>
        {row.owner === null ? '' : `${inertName(row.owner)} stops its listeners and releases it; `}
        {target} puts it on its host and announces it by ARP to the hosts of its network.
      </li>
      {row.followers.length === 0 ? null : (
        <li>
          Follows: {plural(row.followers.length, 'address moves', 'addresses move')} with it,{' '}
          {namesOf(row.followers)}.
        </li>
      )}
      {row.follows === null ? null : <li>It follows {inertName(row.follows)}, which moves too.</li>}
      <li>
        Connections to it break and have to be made again. How much queued mail it touches is not known here.
      </li>
      <LoadLine row={row} to={to} nodes={nodes} />
      <li>
        It is pinned to {target} then: balance and preference leave it there until it is unpinned or moved
        again.
      </li>
      {row.pinned === null ? null : (
        <li>It is pinned to {inertName(row.pinned)} now; the new pin replaces that.</li>
      )}
      {row.preference !== null && row.preference !== to ? (
        <li>
          <Status shape="warning">
            {target} is not the preferred node ({inertName(row.preference)}); once it is unpinned, it goes
            back.
          </Status>
        </li>
      ) : null}
      {row.flags.includes('unsafe') ? (
        <li>
          <Status shape="warning">UNSAFE: {target} may not run the same services on it.</Status>
        </li>
      ) : null}
      {silent.length === 0 ? null : (
        <li>
          <Status shape="unknown">
            {namesOf(silent)} {silent.length === 1 ? 'is' : 'are'} silent now and may not hear it.
          </Status>
        </li>
      )}
    </ul>
  );
}

function LoadLine({ row, to, nodes }: Omit<MoveEffectProps, 'silent'>) {
  const count = movedTogether(row);
  const change = (name: string, by: number): string => {
    const owned = nodes[name]?.owned;
    return owned === undefined
      ? `${inertName(name)}: load unknown`
      : `${inertName(name)}: ${owned} → ${plural(Math.max(0, owned + by), 'address', 'addresses')}`;
  };
  const parts = [change(to, count), ...(row.owner === null ? [] : [change(row.owner, -count)])];
  return <li>{parts.join('; ')}.</li>;
}
