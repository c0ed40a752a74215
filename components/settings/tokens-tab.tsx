'use client';

/** API tokens: for programs, made and revoked by admins. The secret is shown once, when a token is made. */

import { useState } from 'react';
import type { ApiToken } from '../../server/wire/http.ts';
import { useSession } from '../frame/session-gate.tsx';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatMoment, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { NewToken } from './new-token.tsx';
import { RevokeToken } from './revoke-token.tsx';
import { tokenState } from './token-words.ts';
import { useTokens } from './tokens-query.ts';

export function TokensTab() {
  const { account } = useSession();
  if (account.role !== 'admin') {
    return (
      <p className="muted" data-test={MARKS.settings.tokensForbidden}>
        API tokens need the admin role.
      </p>
    );
  }
  return <TokenAdmin />;
}

function TokenAdmin() {
  const query = useTokens();
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  return (
    <>
      <p className="muted settings-words">
        A program sends its token in the header <code>authorization: Bearer …</code>. Every token ends; every
        use of a bad one is in the audit log.
      </p>
      <NewToken />
      {query.isError ? (
        <p className="field-error" role="alert">
          {query.error.message}
        </p>
      ) : null}
      <TokenTable tokens={query.data} onRevoke={setRevoking} />
      {revoking === null ? null : <RevokeToken token={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

const HEADS = ['Label', 'Token', 'Scope', 'Limits', 'Ends', 'Last used', 'Made by', 'Revoke'] as const;

type TokenTableProps = {
  readonly tokens: readonly ApiToken[] | undefined;
  readonly onRevoke: (token: ApiToken) => void;
};

function TokenTable({ tokens, onRevoke }: TokenTableProps) {
  if (tokens === undefined) return <p className="muted">Fetching the tokens…</p>;
  if (tokens.length === 0) return <p className="muted">There is no token yet.</p>;
  return (
    <ScrollRegion className="table-scroll settings-table" label="API tokens">
      <table className="table card-table">
        <thead>
          <tr>
            {HEADS.map((head) => (
              <th key={head} scope="col" className="label">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <TokenRow key={token.id} token={token} onRevoke={onRevoke} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

type TokenRowProps = { readonly token: ApiToken; readonly onRevoke: (token: ApiToken) => void };

function TokenRow({ token, onRevoke }: TokenRowProps) {
  const gatewayMs = useGatewayNow(1_000);
  const state = tokenState(token, gatewayMs);
  const limits = [...token.subclusters, ...token.networks];
  return (
    <tr data-test={MARKS.settings.token} data-token={token.id} data-live={state.live}>
      <th scope="row" className="isolate-text">
        {inertName(token.label)}
      </th>
      <td className="mono">{token.prefix}…</td>
      <td>{token.scope}</td>
      <td>{limits.length === 0 ? 'no limits' : limits.map(inertName).join(', ')}</td>
      <td title={formatMoment(token.expiresMs, null)}>
        <Status shape={state.shape} mark={MARKS.settings.tokenState}>
          {state.word}
        </Status>
      </td>
      <td data-test={MARKS.settings.tokenLastUsed}>
        {token.lastUsedMs === null
          ? 'never used'
          : `${formatMoment(token.lastUsedMs, gatewayMs)} from ${inertName(token.lastUsedFrom ?? UNKNOWN)}`}
      </td>
      <td className="card-drop">
        {inertName(token.createdBy)}, {formatMoment(token.createdMs, gatewayMs)}
      </td>
      <td>
        {state.live ? (
          <button
            type="button"
            className="button"
            data-test={MARKS.settings.tokenRevoke}
            aria-label={`Revoke ${inertName(token.label)}…`}
            onClick={() => onRevoke(token)}
          >
            Revoke…
          </button>
        ) : null}
      </td>
    </tr>
  );
}
