'use client';

/** Accounts: who may sign in, as what. Admins only; the gateway decides, this page explains. */

import { type UseMutationResult, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { accountListReply, ROLES, type Role } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { useSession } from '../frame/session-gate.tsx';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatMoment, UNKNOWN } from '../ui/format-time.ts';
import { GuardedSwitch } from '../ui/guarded-switch.tsx';
import { inertName } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { usePageTitle } from '../ui/use-page-title.ts';

type Account = ReturnType<typeof accountListReply.parse>['accounts'][number];
type Call = { readonly method: 'POST' | 'PATCH' | 'DELETE'; readonly name?: string; readonly body?: unknown };

const PASSWORD_CHARACTERS_MIN = 12;

function useAccountCall(): UseMutationResult<unknown, Error, Call> {
  const { csrf } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ method, name, body }: Call) => {
      const path = name === undefined ? '/api/accounts' : `/api/accounts/${encodeURIComponent(name)}`;
      return callApi(path, { method, csrf, ...(body === undefined ? {} : { body }) });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['accounts'] }),
  });
}

export function AccountsPage() {
  const { account } = useSession();
  usePageTitle('Accounts');
  return (
    <div data-test={MARKS.accounts.page}>
      <div className="page-head">
        <h1 className="page-title">Accounts</h1>
        <p className="page-facts">Viewers look; operators send reversible commands; admins do everything.</p>
      </div>
      {account.role === 'admin' ? <AccountAdmin /> : <p className="empty">Accounts need the admin role.</p>}
    </div>
  );
}

function AccountAdmin() {
  const call = useAccountCall();
  const query = useQuery({
    queryKey: ['accounts'],
    queryFn: async () =>
      parsed(await callApi('/api/accounts'), (value) => accountListReply.safeParse(value).data?.accounts),
  });
  return (
    <>
      {call.isError || query.isError ? (
        <p className="field-error account-error" role="alert" data-test={MARKS.accounts.error}>
          {call.error?.message ?? query.error?.message}
        </p>
      ) : null}
      <ScrollRegion className="table-scroll" label="Accounts">
        <table className="table card-table">
          <thead>
            <tr>
              {['Name', 'Role', 'Created', 'Last sign-in', 'Remove'].map((label) => (
                <th key={label} scope="col" className="label">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(query.data ?? []).map((row) => (
              <AccountRow key={row.name} row={row} call={call} />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <NewAccount call={call} />
    </>
  );
}

function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

function RoleOptions() {
  return ROLES.map((role) => (
    <option key={role} value={role}>
      {role}
    </option>
  ));
}

function AccountRow({
  row,
  call,
}: {
  readonly row: Account;
  readonly call: ReturnType<typeof useAccountCall>;
}) {
  const { account } = useSession();
  const gatewayMs = useGatewayNow(60_000);
  const own = row.name === account.name;
  const name = inertName(row.name);
  return (
    <tr data-test={MARKS.accounts.row} data-account={row.name}>
      <th scope="row">
        <span className="isolate-text">{name}</span> {own ? <span className="muted">you</span> : null}
      </th>
      <td>
        <select
          className="input"
          aria-label={`Role of ${name}`}
          value={row.role}
          data-test={MARKS.accounts.role}
          onChange={(event) => {
            const role = event.target.value;
            if (isRole(role)) call.mutate({ method: 'PATCH', name: row.name, body: { role } });
          }}
        >
          <RoleOptions />
        </select>
      </td>
      <td className="card-drop">{formatMoment(row.createdMs, gatewayMs)}</td>
      <td className="card-drop">
        {row.lastSignInMs === null ? UNKNOWN : formatMoment(row.lastSignInMs, gatewayMs)}
      </td>
      <td className="card-wide" data-test={MARKS.accounts.remove}>
        <GuardedSwitch
          cover={`Remove ${name}…`}
          commit={`Remove ${name}`}
          obstacle={own ? 'you cannot remove yourself' : null}
          heavy
          onCommit={() => call.mutate({ method: 'DELETE', name: row.name })}
        />
      </td>
    </tr>
  );
}

function NewAccount({ call }: { readonly call: ReturnType<typeof useAccountCall> }) {
  const create = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const body = { name: data.get('name'), password: data.get('password'), role: data.get('role') };
    call.mutate({ method: 'POST', body }, { onSuccess: () => form.reset() });
  };
  return (
    <form className="account-form" onSubmit={create}>
      <h2 className="section-title">New account</h2>
      <div className="field">
        <label htmlFor="account-name">Name</label>
        <input
          className="input"
          id="account-name"
          name="name"
          required
          maxLength={64}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-test={MARKS.accounts.createName}
        />
      </div>
      <div className="field">
        <label htmlFor="account-password">Password, at least {PASSWORD_CHARACTERS_MIN} characters</label>
        <input
          className="input"
          id="account-password"
          name="password"
          type="password"
          required
          minLength={PASSWORD_CHARACTERS_MIN}
          autoComplete="new-password"
          data-test={MARKS.accounts.createPassword}
        />
      </div>
      <div className="field">
        <label htmlFor="account-role">Role</label>
        <select className="input" id="account-role" name="role" data-test={MARKS.accounts.createRole}>
          <RoleOptions />
        </select>
      </div>
      <button type="submit" className="button" data-test={MARKS.accounts.createSubmit}>
        Create the account
      </button>
    </form>
  );
}
