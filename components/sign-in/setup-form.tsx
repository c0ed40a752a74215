'use client';

/** First start: the one-time code from the gateway's log makes the first admin. There is no default password. */

import { type FormEvent, useState } from 'react';
import { callApi } from '../api/api-client.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { MARKS } from '../test-marks.ts';
import { formText } from './form-text.ts';
import { PasswordField } from './password-field.tsx';

export type SetupFormProps = {
  readonly csrf: string | null;
  readonly onSignedIn: () => void;
  /** Somebody else was first. */
  readonly onOvertaken: () => Promise<void>;
};

const PASSWORD_CHARACTERS_MIN = 12;
const ERROR_ID = 'setup-error-text';

export function SetupForm({ csrf, onSignedIn, onOvertaken }: SetupFormProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const data = new FormData(event.currentTarget);
    const body = {
      code: formText(data, 'code').trim(),
      name: formText(data, 'username').trim(),
      password: formText(data, 'password'),
    };
    setBusy(true);
    setError(null);
    try {
      await callApi('/api/setup', { method: 'POST', csrf, body });
      onSignedIn();
    } catch (failure) {
      if (failure instanceof ApiFailure && failure.code === 'setup_done') await onOvertaken();
      setError(failure instanceof Error ? failure.message : 'Set-up failed.');
    } finally {
      setBusy(false);
    }
  };

  const describedBy = error === null ? undefined : ERROR_ID;
  return (
    <form
      className="sign-in-form"
      data-test={MARKS.signIn.setupForm}
      onSubmit={(event) => void submit(event)}
    >
      <p className="muted">
        This dashboard has no account yet. The gateway printed a one-time code when it started; it makes you
        its first admin.
      </p>
      <div className="field">
        <label htmlFor="code">Set-up code</label>
        <input
          className="input mono"
          id="code"
          name="code"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          required
          data-test={MARKS.signIn.setupCode}
          aria-describedby={describedBy}
        />
      </div>
      <div className="field">
        <label htmlFor="username">Your account name</label>
        <input
          className="input"
          id="username"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={64}
          data-test={MARKS.signIn.setupName}
          aria-describedby={describedBy}
        />
      </div>
      <PasswordField
        id="password"
        label="Your password"
        autoComplete="new-password"
        mark={MARKS.signIn.setupPassword}
        invalid={false}
        describedBy={describedBy}
        hint={`At least ${PASSWORD_CHARACTERS_MIN} characters.`}
        minLength={PASSWORD_CHARACTERS_MIN}
      />
      <div id={ERROR_ID} role="alert">
        {error === null ? null : (
          <p className="field-error" data-test={MARKS.signIn.setupError}>
            {error}
          </p>
        )}
      </div>
      <button
        type="submit"
        className="button sign-in-submit"
        data-kind="primary"
        data-test={MARKS.signIn.setupSubmit}
        aria-disabled={busy}
      >
        {busy ? 'Setting up…' : 'Create the first admin'}
      </button>
    </form>
  );
}
