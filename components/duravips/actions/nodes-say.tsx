'use client';

/** Who has an address, according to whom: shown where the outcome of a move is not what was asked for. */

import { useCollection } from '../../live/use-live.ts';
import { inertName } from '../../ui/inert-text.ts';
import { Status } from '../../ui/status-glyph.tsx';
import { namesOf, plumbWords, sayingWords } from '../vip-words.ts';

export function NodesSay({ address }: { readonly address: string }) {
  const row = useCollection('vips')[address];
  return (
    <div>
      <p className="label">What the nodes say now</p>
      {row === undefined ? (
        <p>
          <Status shape="unknown">No node that is here has this address.</Status>
        </p>
      ) : (
        <ul className="nodes-say">
          <li>
            The table:{' '}
            {row.owner === null ? 'nobody owns it' : `${inertName(row.owner)} owns it, ${plumbWords(row)}`}
            {row.phase === 'moving' ? `, and it moves to ${inertName(row.next ?? 'another node')}` : ''}.
          </li>
          {row.disagree.map((each) => (
            <li key={each.node}>{sayingWords(each)}.</li>
          ))}
          {row.claims.length === 0 ? null : <li>{namesOf(row.claims)} claims it as well.</li>}
          {row.known < row.participants.length ? (
            <li>
              <Status shape="unknown">
                {row.participants.length - row.known} of {row.participants.length} nodes have not said.
              </Status>
            </li>
          ) : null}
        </ul>
      )}
    </div>
  );
}
