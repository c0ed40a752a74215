/** The columns of the accounts, with what an admin may change. */

import { type accountListReply, ROLES, type Role } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import type { TableColumn } from '../ui/data-table/table-column.ts';
import { formatMoment } from '../ui/format-time.ts';
import { GuardedSwitch } from '../ui/guarded-switch.tsx';
import { inertName } from '../ui/inert-text.ts';

export type Account = ReturnType<typeof accountListReply.parse>['accounts'][number];
export type AccountCall = {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly name?: string;
  readonly body?: unknown;
};

export type AccountColumnsOptions = {
  /** The account that looks: it cannot remove itself. */
  readonly own: string;
  readonly zone: string;
  readonly todayMs: number | null;
  readonly change: (call: AccountCall) => void;
};

export function accountColumns(options: AccountColumnsOptions): readonly TableColumn<Account>[] {
  const { own, zone, todayMs, change } = options;
  const timed = (label: string): string => (zone === '' ? label : `${label} (${zone})`);
  return [
    {
      id: 'name',
      label: 'Name',
      kind: 'text',
      value: (row) => row.name,
      cell: (row) => (
        <>
          <span className="isolate-text">{inertName(row.name)}</span>{' '}
          {row.name === own ? <span className="muted">you</span> : null}
        </>
      ),
      card: 'title',
    },
    {
      id: 'role',
      label: 'Role',
      kind: 'word',
      choices: ROLES,
      value: (row) => row.role,
      cell: (row) => <RoleChoice row={row} change={change} />,
      card: 'status',
    },
    {
      id: 'created',
      label: timed('Created'),
      kind: 'moment',
      value: (row) => row.createdMs,
      text: (row) => formatMoment(row.createdMs, todayMs),
    },
    {
      id: 'seen',
      label: timed('Last sign-in'),
      kind: 'moment',
      value: (row) => row.lastSignInMs,
      text: (row) => formatMoment(row.lastSignInMs, todayMs),
    },
    {
      id: 'remove',
      label: 'Remove',
      kind: 'text',
      data: false,
      value: () => null,
      cell: (row) => <Remove row={row} own={own} change={change} />,
      mark: MARKS.accounts.remove,
      card: 'action',
    },
  ];
}

type CellProps = { readonly row: Account; readonly change: AccountColumnsOptions['change'] };

function RoleChoice({ row, change }: CellProps) {
  return (
    <select
      className="input"
      aria-label={`Role of ${inertName(row.name)}`}
      value={row.role}
      data-test={MARKS.accounts.role}
      onChange={(event) => {
        const role = event.target.value;
        if (isRole(role)) change({ method: 'PATCH', name: row.name, body: { role } });
      }}
    >
      <RoleOptions />
    </select>
  );
}

function Remove({ row, own, change }: CellProps & { readonly own: string }) {
  const name = inertName(row.name);
  return (
    <GuardedSwitch
      cover={`Remove ${name}…`}
      commit={`Remove ${name}`}
      obstacle={row.name === own ? 'you cannot remove yourself' : null}
      heavy
      onCommit={() => change({ method: 'DELETE', name: row.name })}
    />
  );
}

function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

export function RoleOptions() {
  return ROLES.map((role) => (
    <option key={role} value={role}>
      {role}
    </option>
  ));
}
