'use client';

/** The local account form. One text for every refusal; a lock says how long it lasts and counts down. */

import { type FormEvent, useEffect, useRef, useState } from 'react';
import { callApi } from '../api/api-client.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration } from '../ui/format-time.ts';
import { formText } from './form-text.ts';
import { PasswordField } from './password-field.tsx';

export type SignInFormProps = {
  readonly csrf: string | null;
  readonly onSignedIn: () => void;
  readonly onSetupNeeded: () => Promise<void>;
};

/** Used when the gateway locks without saying for how long. */
const LOCK_GUESS_MS = 60_000;
const ERROR_ID = 'sign-in-error-text';

export function SignInForm({ csrf, onSignedIn, onSetupNeeded }: SignInFormProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const lock = useLock();
  const password = useRef<HTMLInputElement>(null);

  const refused = (failure: unknown): void => {
    const known = failure instanceof ApiFailure ? failure : undefined;
    if (known?.code === 'setup_needed') void onSetupNeeded();
    if (known?.code === 'locked' || known?.code === 'rate_limited')
      lock.start(known.retryAfterMs ?? LOCK_GUESS_MS);
    else setError(known?.message ?? 'Signing in failed.');
    password.current?.focus();
    password.current?.select();
  };

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (busy || lock.leftMs > 0) return;
    const data = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      const body = { name: formText(data, 'username').trim(), password: formText(data, 'password') };
      await callApi('/api/session', { method: 'POST', csrf, body });
      onSignedIn();
    } catch (failure) {
      refused(failure);
    } finally {
      setBusy(false);
    }
  };

  const locked = lock.leftMs > 0;
  const invalid = error !== null || locked;
  return (
    <form className="sign-in-form" data-test={MARKS.signIn.form} onSubmit={(event) => void submit(event)}>
      <div className="field">
        <label htmlFor="username">Account name</label>
        <input
          className="input"
          id="username"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          onChange={lock.clear}
          data-test={MARKS.signIn.name}
          aria-invalid={invalid || undefined}
          aria-describedby={invalid ? ERROR_ID : undefined}
        />
      </div>
      <PasswordField
        id="password"
        label="Password"
        autoComplete="current-password"
        mark={MARKS.signIn.password}
        invalid={invalid}
        describedBy={invalid ? ERROR_ID : undefined}
        inputRef={password}
      />
      <div id={ERROR_ID} role="alert">
        {locked ? (
          <p className="field-error" data-test={MARKS.signIn.locked}>
            Too many attempts. Try again in {formatDuration(Math.ceil(lock.leftMs / 1_000) * 1_000)}.
          </p>
        ) : error === null ? null : (
          <p className="field-error" data-test={MARKS.signIn.error}>
            {error}
          </p>
        )}
      </div>
      <button
        type="submit"
        className="button sign-in-submit"
        data-kind="primary"
        data-test={MARKS.signIn.submit}
        aria-disabled={busy || locked}
      >
        {busy ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  );
}

type Lock = {
  readonly leftMs: number;
  readonly start: (forMs: number) => void;
  /** Another name may not be locked: the gateway decides anew. */
  readonly clear: () => void;
};

function useLock(): Lock {
  const [untilMs, setUntilMs] = useState(0);
  const [nowMs, setNowMs] = useState(0);
  const running = untilMs > nowMs;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNowMs(performance.now()), 250);
    return () => clearInterval(timer);
  }, [running]);
  const start = (forMs: number): void => {
    setNowMs(performance.now());
    setUntilMs(performance.now() + forMs);
  };
  return { leftMs: Math.max(0, untilMs - nowMs), start, clear: () => setUntilMs(0) };
}
