'use client';

/**
 * Sign-in: which cluster this is, and one form. Loads neither the live stream nor the control library, because it
 * must open at once on a phone at night.
 */

import { useCallback, useEffect, useState } from 'react';
import { callApi, parsed } from '../api/api-client.ts';
import { isSignedIn, readSession, type SessionReply } from '../api/session-reply.ts';
import { EnvBand } from '../frame/env-band.tsx';
import { pageTitle } from '../frame/environment.ts';
import { followSystemTheme } from '../frame/theme.ts';
import { Wordmark } from '../frame/wordmark.tsx';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { nextAfterSignIn } from './next-after-sign-in.ts';
import { SetupForm } from './setup-form.tsx';
import { SignInForm } from './sign-in-form.tsx';

const RETRY_MS = 2_000;

/** Leaves for the deep link that led here, or the first page. */
function leave(): void {
  window.location.replace(nextAfterSignIn(window.location.search));
}

export function SignInPage() {
  const [session, setSession] = useState<SessionReply | null>(null);
  const [unreachable, setUnreachable] = useState(false);

  const ask = useCallback(async (): Promise<void> => {
    try {
      const reply = parsed(await callApi('/api/session'), readSession);
      setUnreachable(false);
      if (isSignedIn(reply)) leave();
      else setSession(reply);
    } catch {
      setUnreachable(true);
    }
  }, []);

  useEffect(() => {
    void ask();
    return followSystemTheme();
  }, [ask]);

  useEffect(() => {
    if (!unreachable) return;
    const timer = setInterval(() => void ask(), RETRY_MS);
    return () => clearInterval(timer);
  }, [unreachable, ask]);

  useEffect(() => {
    if (session) document.title = pageTitle({ ...session, page: 'Sign in' });
  }, [session]);

  const clusterName = session?.clusterName ?? '';
  return (
    <div className="sign-in">
      <header>
        <EnvBand
          environment={session?.environment ?? null}
          clusterName={clusterName}
          mark={MARKS.signIn.envBand}
        />
      </header>
      <main className="sign-in-body">
        <div className="sign-in-panel">
          <Wordmark />
          <h1 className="sign-in-title">
            {session?.setupNeeded ? 'Set up the first account' : 'Sign in'}
            {clusterName === '' ? null : (
              <span className="sign-in-cluster" data-test={MARKS.signIn.cluster}>
                to <b className="isolate-text">{inertName(clusterName)}</b>
              </span>
            )}
          </h1>
          {unreachable ? (
            <p className="notice" data-tone="critical" role="alert">
              The gateway does not answer. Trying again every {RETRY_MS / 1_000} s.
            </p>
          ) : null}
          {session?.setupNeeded ? (
            <SetupForm csrf={session.csrf} onSignedIn={leave} onOvertaken={ask} />
          ) : (
            <SignInForm csrf={session?.csrf ?? null} onSignedIn={leave} onSetupNeeded={ask} />
          )}
        </div>
        <p className="sign-in-foot muted">
          {session ? `build ${inertName(session.build) || '—'}` : '\u00a0'}
        </p>
      </main>
    </div>
  );
}
