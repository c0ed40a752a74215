'use client';

/** A password field that managers fill, that accepts paste, and that can be read on request. */

import { type Ref, useState } from 'react';
import { MARKS } from '../test-marks.ts';

export type PasswordFieldProps = {
  readonly id: string;
  readonly label: string;
  readonly autoComplete: 'current-password' | 'new-password';
  readonly mark: string;
  readonly invalid: boolean;
  readonly describedBy?: string | undefined;
  readonly hint?: string;
  readonly minLength?: number;
  readonly inputRef?: Ref<HTMLInputElement>;
};

export function PasswordField(props: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  const hintId = `${props.id}-hint`;
  const described = [props.hint === undefined ? undefined : hintId, props.describedBy]
    .filter(Boolean)
    .join(' ');
  return (
    <div className="field">
      <label htmlFor={props.id}>{props.label}</label>
      <div className="password-row">
        <input
          ref={props.inputRef}
          className="input"
          id={props.id}
          name="password"
          type={shown ? 'text' : 'password'}
          autoComplete={props.autoComplete}
          autoCapitalize="none"
          spellCheck={false}
          required
          minLength={props.minLength}
          data-test={props.mark}
          aria-invalid={props.invalid || undefined}
          aria-describedby={described || undefined}
        />
        <button
          type="button"
          className="button"
          aria-pressed={shown}
          data-test={MARKS.signIn.showPassword}
          onClick={() => setShown(!shown)}
        >
          {shown ? 'Hide' : 'Show'}
          <span className="visually-hidden"> password</span>
        </button>
      </div>
      {props.hint === undefined ? null : (
        <p className="field-hint" id={hintId}>
          {props.hint}
        </p>
      )}
    </div>
  );
}
