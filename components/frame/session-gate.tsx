'use client';

/**
 * Who is signed in. Pages behind the frame get a session or nothing; without one the browser goes to sign-in. Another
 * tab may have signed in somebody else: then nothing stays that was fetched or written for the one before.
 */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { callApi, parsed } from '../api/api-client.ts';
import { isSignedIn, readSession, type SessionReply, type SignedInSession } from '../api/session-reply.ts';

export const SESSION_KEY = ['session'] as const;

const SessionContext = createContext<SignedInSession | null>(null);

export function useSession(): SignedInSession {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('the session is used outside of its gate');
  return session;
}

export async function fetchSession(): Promise<SessionReply> {
  return parsed(await callApi('/api/session'), readSession);
}

/** The deep link survives: path, query and fragment come back after sign-in. */
export function goToSignIn(): void {
  const { pathname, search, hash } = window.location;
  const next = `${pathname}${search}${hash}`;
  window.location.replace(`/sign-in?next=${encodeURIComponent(next)}`);
}

export type SessionGateProps = {
  readonly waiting: (failure: string | null, retry: () => void) => ReactNode;
  readonly children: ReactNode;
};

export function SessionGate({ waiting, children }: SessionGateProps) {
  const query = useQuery({ queryKey: SESSION_KEY, queryFn: fetchSession, staleTime: 60_000 });
  const nobody = query.data !== undefined && !isSignedIn(query.data);
  const changing = useChangeOfAccount(isSignedIn(query.data) ? query.data.account.name : null);
  useEffect(() => {
    if (nobody) goToSignIn();
  }, [nobody]);
  if (!isSignedIn(query.data) || changing) {
    return waiting(query.isError ? query.error.message : null, () => void query.refetch());
  }
  return <SessionContext value={query.data}>{children}</SessionContext>;
}

/** @returns true while what belonged to another account is being dropped; nothing may be shown meanwhile. */
function useChangeOfAccount(name: string | null): boolean {
  const queries = useQueryClient();
  const [owner, setOwner] = useState(name);
  const changing = name !== null && owner !== null && name !== owner;
  useEffect(() => {
    if (name === null) return;
    if (changing) {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
      queries.getMutationCache().clear();
    }
    setOwner(name);
  }, [name, changing, queries]);
  return changing;
}
