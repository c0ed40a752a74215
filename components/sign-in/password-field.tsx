/** A password field that managers fill, that accepts paste, and that can be read on request. Markup only. */

import { MARKS } from '../test-marks.ts';
import { SIGN_IN } from './sign-in-ids.ts';

export type PasswordFieldProps = {
  readonly label: string;
  readonly autoComplete: 'current-password' | 'new-password';
  readonly mark: string;
  readonly hint?: string;
  readonly minLength?: number;
};

const HINT_ID = `${SIGN_IN.password}-hint`;

export function PasswordField(props: PasswordFieldProps) {
  return (
    <div className="field">
      <label htmlFor={SIGN_IN.password}>{props.label}</label>
      <div className="password-row">
        <input
          className="input"
          id={SIGN_IN.password}
          name="password"
          type="password"
          autoComplete={props.autoComplete}
          autoCapitalize="none"
          spellCheck={false}
          required
          minLength={props.minLength}
          data-test={props.mark}
          aria-describedby={props.hint === undefined ? undefined : HINT_ID}
        />
        <button
          type="button"
          className="button"
          id={SIGN_IN.showPassword}
          data-test={MARKS.signIn.showPassword}
        >
          <span id={SIGN_IN.showPasswordWord}>Show</span>
          <span className="visually-hidden"> password</span>
        </button>
      </div>
      {props.hint === undefined ? null : (
        <p className="field-hint" id={HINT_ID}>
          {props.hint}
        </p>
      )}
    </div>
  );
}
