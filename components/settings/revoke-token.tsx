'use client';

/** The last look before a token stops working: a use of the one preview sheet. */

import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ApiToken } from '../../server/wire/http.ts';
import { callApi } from '../api/api-client.ts';
import { outcomeOfFailure } from '../console/confirm-sheet.tsx';
import { useSession } from '../frame/session-gate.tsx';
import { useGatewayNow } from '../live/use-live.ts';
import { formatMoment } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { PreviewSheet } from '../ui/preview-sheet.tsx';
import { toast } from '../ui/toasts.ts';
import { TOKENS_KEY } from './tokens-query.ts';

export function RevokeToken({ token, onClose }: { readonly token: ApiToken; readonly onClose: () => void }) {
  const { csrf } = useSession();
  const gatewayMs = useGatewayNow(60_000);
  const queries = useQueryClient();
  const label = inertName(token.label);
  const revoke = useMutation({
    mutationFn: () => callApi(`/api/tokens/${encodeURIComponent(token.id)}`, { method: 'DELETE', csrf }),
    onSuccess: () => {
      toast({ tone: 'status', text: `The token ${label} is revoked.` });
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: TOKENS_KEY }),
  });
  return (
    <PreviewSheet
      title="Revoke a token"
      class="W3"
      verb="Revoke"
      object={`token ${label}`}
      exactly={{
        label: 'This token stops working',
        text: `${token.prefix}… "${label}", scope ${token.scope}`,
      }}
      effect={
        <p>
          The next request with it is refused. It cannot be taken back; a program that needs access gets a new
          token.{' '}
          {token.lastUsedMs === null
            ? 'It was never used.'
            : `It was last used ${formatMoment(token.lastUsedMs, gatewayMs)} from ${inertName(token.lastUsedFrom ?? '')}.`}
        </p>
      }
      data={null}
      typedName={token.label}
      obstacle={null}
      busy={revoke.isPending}
      outcome={revoke.error === null ? null : outcomeOfFailure(revoke.error)}
      onClose={onClose}
      onConfirm={() => revoke.mutate()}
    />
  );
}
