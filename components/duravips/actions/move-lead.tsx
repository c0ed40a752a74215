'use client';

/** From where to where: the owner and how sure that is, whom the address can go to, and why it cannot go to others. */

import { useId } from 'react';
import type { VipRow } from '../../../server/wire/duravip.ts';
import { MARKS } from '../../test-marks.ts';
import { plural } from '../../ui/format-time.ts';
import { inertName, inertText } from '../../ui/inert-text.ts';
import { NodeSigil } from '../../ui/sigil.tsx';
import { Status } from '../../ui/status-glyph.tsx';
import { agreementOf, namesOf } from '../vip-words.ts';
import type { MoveTarget } from './move-plan.ts';

export type MoveLeadProps = {
  readonly row: VipRow;
  readonly targets: readonly MoveTarget[];
  readonly to: string;
  readonly onTo: (node: string) => void;
};

export function MoveLead({ row, targets, to, onTo }: MoveLeadProps) {
  return (
    <div className="move-route">
      <div>
        <p className="label">From</p>
        <MoveFrom row={row} />
      </div>
      <div>
        <MoveTo targets={targets} to={to} onTo={onTo} />
      </div>
    </div>
  );
}

function MoveFrom({ row }: { readonly row: VipRow }) {
  const { agree, of } = agreementOf(row);
  const mark = MARKS.duravips.actions.from;
  if (row.owner === null) {
    return (
      <p data-test={mark}>
        <Status shape="unowned">nobody owns it</Status>
      </p>
    );
  }
  return (
    <p className="name-tag" data-test={mark} data-node={row.owner}>
      <NodeSigil name={row.owner} size="small" />
      <span className="isolate-text">{inertName(row.owner)}</span>
      <span className="muted">
        owner, {agree} of {plural(of, 'node')} agree
        {row.claims.length > 0 ? `; ${namesOf(row.claims)} too` : ''}
      </span>
    </p>
  );
}

function MoveTo({ targets, to, onTo }: Omit<MoveLeadProps, 'row'>) {
  const id = useId();
  const candidates = targets.filter(({ obstacle }) => obstacle === null);
  if (candidates.length === 0) {
    return (
      <>
        <p className="label">To</p>
        <p data-test={MARKS.duravips.actions.to}>
          <Status shape="critical">no other node can have it</Status>
        </p>
      </>
    );
  }
  const [best] = candidates;
  return (
    <>
      <label className="label" htmlFor={id}>
        To
      </label>
      <select
        id={id}
        className="input"
        data-test={MARKS.duravips.actions.to}
        value={to}
        onChange={(event) => onTo(event.target.value)}
      >
        {candidates.some(({ node }) => node === to) ? null : (
          <option value={to} disabled>
            {inertName(to)} · cannot have it
          </option>
        )}
        {candidates.map(({ node, load, preferred }) => (
          <option key={node} value={node}>
            {inertName(node)} · {load === null ? 'load unknown' : plural(load, 'address', 'addresses')}
            {preferred ? ' · preferred' : ''}
            {node === best?.node ? ' · least loaded' : ''}
          </option>
        ))}
      </select>
    </>
  );
}

/** Every other node, so that nobody has to guess why one is missing from the choice. */
export function MoveTargets({ targets }: { readonly targets: readonly MoveTarget[] }) {
  const others = targets.filter(({ obstacle }) => obstacle !== null);
  const count = targets.length - others.length;
  return (
    <div>
      <p className="label">Why these: {plural(count, 'candidate')}</p>
      {others.length === 0 ? (
        <p>Every other node can have it.</p>
      ) : (
        <ul className="move-others">
          {others.map(({ node, obstacle }) => (
            <li key={node} data-test={MARKS.duravips.actions.target} data-node={node} data-candidate="false">
              <span className="name-tag">
                <NodeSigil name={node} size="small" dim />
                <span className="isolate-text">{inertName(node)}</span>
              </span>{' '}
              <span className="muted">cannot: {inertText(obstacle ?? '')}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
