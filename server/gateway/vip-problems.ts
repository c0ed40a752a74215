/** Why nothing was sent, in the one error shape: a list with an address and a reason in each entry. */

import type { ChangedDetails, RefusedDetails } from '../wire/duravip.ts';
import { ApiProblem } from './api-problem.ts';
import type { Inverse, PlannedItem } from './vip-operation.ts';
import {
  COMMANDS,
  type Plan,
  type PresentRows,
  presentRows,
  type Refusal,
  type VipRows,
  type WantedMove,
} from './vip-plans.ts';

/** @throws ApiProblem `changed` or `refused` unless it can be sent. */
export function passed(plan: Plan): {
  readonly items: readonly PlannedItem[];
  readonly inverses: readonly Inverse[];
} {
  switch (plan.type) {
    case 'send':
      return { items: plan.items, inverses: plan.inverses };
    case 'changed':
      throw changed(plan.rows);
    case 'refused':
      throw refused(plan.refusals);
  }
}

export function refused(refusals: readonly Refusal[]): ApiProblem {
  const [first] = refusals;
  const more = refusals.length > 1 ? `, and ${refusals.length - 1} more` : '';
  const details: RefusedDetails = refusals.map(({ address, reason }) => ({ address, reason }));
  return new ApiProblem(
    'refused',
    `${first?.address ?? ''}: ${first?.reason ?? ''}${more}; nothing was sent`,
    details,
  );
}

export function changed(rows: PresentRows): ApiProblem {
  const details: ChangedDetails = rows.map(({ address, row }) => ({ address, reason: stateOf(row), row }));
  const [first] = details;
  const more = details.length > 1 ? `, and ${details.length - 1} more changed` : '';
  return new ApiProblem(
    'changed',
    `${first?.address ?? ''} is not as it was shown: ${first?.reason ?? ''}${more}; nothing was sent`,
    details,
  );
}

export function changedOf(addresses: readonly string[], rows: VipRows): ApiProblem {
  return changed(presentRows(addresses, rows));
}

/** The command for the record of a refusal; null where there are many. */
export function commandOf([item, another]: readonly WantedMove[]): string | null {
  return item === undefined || another !== undefined ? null : COMMANDS.move(item.address, item.to);
}

function stateOf(row: ChangedDetails[number]['row']): string {
  if (row === null) return 'it is not configured any more';
  if (row.phase === 'moving') return `it moves from ${row.owner ?? 'nobody'} to ${row.next ?? 'nobody'}`;
  return row.owner === null ? 'nobody has it' : `${row.owner} has it`;
}
