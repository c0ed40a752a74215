'use client';

/**
 * One write to the cluster's addresses. The same body keeps its idempotency key while the sheet stands open, so a
 * second press, or one that nobody answered, cannot be a second command. It never retries by itself.
 */

import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { type OperationRow, operationReply } from '../../../server/wire/duravip.ts';
import { callApi, parsed } from '../../api/api-client.ts';
import { ApiFailure } from '../../api/api-failure.ts';
import { SESSION_KEY, useSession } from '../../frame/session-gate.tsx';
import type { PreviewOutcome } from '../../ui/preview-obstacle.ts';
import { awaitOperation } from './spoken-operations.ts';

export type VipWrite = {
  /** Below `/api/duravip/`. */
  readonly path: string;
  readonly body?: unknown;
};

const KEY_BYTES = 16;

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function readOperation(value: unknown): OperationRow | undefined {
  return operationReply.safeParse(value).data?.operation;
}

export function useVipWrite(
  onAccepted: (operation: OperationRow) => void,
): UseMutationResult<OperationRow, Error, VipWrite> {
  const { csrf } = useSession();
  const queries = useQueryClient();
  const attempt = useRef<{ readonly text: string; readonly key: string } | null>(null);
  return useMutation({
    mutationFn: async ({ path, body }: VipWrite) => {
      const text = `${path} ${JSON.stringify(body ?? null)}`;
      if (attempt.current?.text !== text) attempt.current = { text, key: newKey() };
      const { key } = attempt.current;
      const reply = await callApi(`/api/duravip/${path}`, {
        method: 'POST',
        csrf,
        idempotencyKey: key,
        body: body ?? {},
      });
      return parsed(reply, readOperation);
    },
    onSuccess: (operation) => {
      awaitOperation(operation.id);
      onAccepted(operation);
    },
    onError: (failure) => {
      // Only where nothing was answered is the same write worth repeating under the same key.
      if (failure instanceof ApiFailure && failure.status !== 0) attempt.current = null;
      if (failure instanceof ApiFailure && failure.status === 401) {
        void queries.invalidateQueries({ queryKey: SESSION_KEY });
      }
    },
  });
}

/** What a write that was not accepted means for the person who pressed. */
export function outcomeOfWrite(failure: Error | null): PreviewOutcome | null {
  if (failure === null) return null;
  if (!(failure instanceof ApiFailure)) return { kind: 'failed', text: failure.message };
  const { code, status, message, details } = failure;
  if (status === 0) {
    const text = `${message} It may have been sent. Pressing again is safe: the same attempt runs once.`;
    return { kind: 'failed', text };
  }
  // It was answered, and the answer cannot be read: what is sent a second time could be a second command.
  if (code === 'unreadable')
    return { kind: 'unknown', text: `${message} Look at the operations of the page.` };
  const kind = status >= 500 && status !== 503 ? 'failed' : 'refused';
  const list = reasonsOf(details);
  const text = code === 'changed' ? `${message} Nothing was sent.` : message;
  return { kind, text, ...(list.length === 0 ? {} : { list }) };
}

/** Reasons that are listed; more are counted. */
const REASONS_LISTED_MAX = 20;

/** `details` of `refused` and `changed`: a list whose entries say the address and why. Anything else says nothing. */
function reasonsOf(details: unknown): readonly string[] {
  const list = Array.isArray(details) ? details : [];
  const reasons = list.flatMap((each: unknown) => {
    const { address, reason, message, path } = record(each);
    const about = textOf(address) || textOf(path);
    const why = textOf(reason) || textOf(message);
    return why === '' ? [] : [about === '' ? why : `${about}: ${why}`];
  });
  const more = reasons.length - REASONS_LISTED_MAX;
  return more > 0 ? [...reasons.slice(0, REASONS_LISTED_MAX), `and ${more} more`] : reasons;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
