'use client';

/** Accounts: who may sign in, as what. Admins only; the gateway decides, this page explains. */

import { type UseMutationResult, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useMemo, useRef } from 'react';
import { accountListReply } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { useSession } from '../frame/session-gate.tsx';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { DataTable } from '../ui/data-table/data-table.tsx';
import type { RowAttributes } from '../ui/data-table/table-row.tsx';
import { zoneLabel } from '../ui/format-time.ts';
import { usePageTitle } from '../ui/use-page-title.ts';
import { type Account, type AccountCall, accountColumns, RoleOptions } from './account-columns.tsx';

const PASSWORD_CHARACTERS_MIN = 12;
/** The columns are made anew when the day may have changed, whatever the zone. */
const TODAY_STEP_MS = 1_800_000;
const TABLE_MARKS = { table: MARKS.accounts.table, row: MARKS.accounts.row } as const;

const nameOf = (account: Account): string => account.name;

function attributesOf(account: Account): RowAttributes {
  return { 'data-account': account.name };
}

function useAccountCall(): UseMutationResult<unknown, Error, AccountCall> {
  const { csrf } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ method, name, body }: AccountCall) => {
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
  const { account } = useSession();
  const gatewayMs = useGatewayNow(60_000);
  const call = useAccountCall();
  const query = useQuery({
    queryKey: ['accounts'],
    queryFn: async () =>
      parsed(await callApi('/api/accounts'), (value) => accountListReply.safeParse(value).data?.accounts),
  });
  const newest = useRef(call);
  newest.current = call;
  const zone = gatewayMs === null ? '' : zoneLabel(gatewayMs);
  const todayMs = gatewayMs === null ? null : gatewayMs - (gatewayMs % TODAY_STEP_MS);
  const columns = useMemo(
    () =>
      accountColumns({
        own: account.name,
        zone,
        todayMs,
        change: (request) => newest.current.mutate(request),
      }),
    [account.name, zone, todayMs],
  );
  return (
    <>
      {call.isError || query.isError ? (
        <p className="field-error account-error" role="alert" data-test={MARKS.accounts.error}>
          {call.error?.message ?? query.error?.message}
        </p>
      ) : null}
      <DataTable
        id="accounts"
        label="Accounts"
        columns={columns}
        rows={query.data ?? null}
        rowId={nameOf}
        marks={TABLE_MARKS}
        rowAttributes={attributesOf}
        waiting={query.isError ? 'The accounts could not be fetched.' : 'Fetching…'}
        empty="There is no account."
      />
      <NewAccount call={call} />
    </>
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
