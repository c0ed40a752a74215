/**
 * The sign-in page as a static document: which cluster this is, and one form. Markup only; `sign-in-script.ts` brings
 * it to life, because the page must open at once on a phone at night and so does not load the framework.
 */

import { Wordmark } from '../frame/wordmark.tsx';
import { MARKS } from '../test-marks.ts';
import { PasswordField } from './password-field.tsx';
import { SIGN_IN } from './sign-in-ids.ts';

const PASSWORD_CHARACTERS_MIN = 12;

export function SignInDocument() {
  return (
    <div className="sign-in">
      <header>
        <div className="env-band" data-pattern="none" id={SIGN_IN.band} data-test={MARKS.signIn.envBand}>
          <span className="env-plate" hidden>
            <span className="env-name" id={SIGN_IN.bandName} />
            <span
              className="env-cluster isolate-text"
              id={SIGN_IN.bandCluster}
              data-test={MARKS.frame.clusterName}
            />
          </span>
        </div>
      </header>
      <main className="sign-in-body">
        <div className="sign-in-panel">
          <Wordmark />
          <h1 className="sign-in-title">
            <span id={SIGN_IN.title}>Sign in</span>
            <span className="sign-in-cluster" id={SIGN_IN.cluster} hidden data-test={MARKS.signIn.cluster}>
              to <b className="isolate-text" id={SIGN_IN.clusterName} />
            </span>
          </h1>
          <div role="alert" id={SIGN_IN.unreachable} />
          <noscript>
            <p className="notice" data-tone="critical">
              This page needs JavaScript.
            </p>
          </noscript>
          <AccountForm />
          <template id={SIGN_IN.setupTemplate}>
            <SetupForm />
          </template>
        </div>
        <p className="sign-in-foot muted" id={SIGN_IN.build}>
          {'\u00a0'}
        </p>
      </main>
    </div>
  );
}

/** The method keeps a password out of the address, should it be sent before the script is there. */
function AccountForm() {
  return (
    <form className="sign-in-form" id={SIGN_IN.form} method="post" data-test={MARKS.signIn.form}>
      <div className="field">
        <label htmlFor={SIGN_IN.username}>Account name</label>
        <input
          className="input"
          id={SIGN_IN.username}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          data-test={MARKS.signIn.name}
        />
      </div>
      <PasswordField label="Password" autoComplete="current-password" mark={MARKS.signIn.password} />
      <div id={SIGN_IN.error} role="alert" />
      <button
        type="submit"
        className="button sign-in-submit"
        data-kind="primary"
        id={SIGN_IN.submit}
        data-test={MARKS.signIn.submit}
      >
        Sign in
      </button>
    </form>
  );
}

/** First start: the one-time code from the gateway's log makes the first admin. There is no default password. */
function SetupForm() {
  return (
    <form className="sign-in-form" id={SIGN_IN.setupForm} method="post" data-test={MARKS.signIn.setupForm}>
      <p className="muted">
        This dashboard has no account yet. The gateway printed a one-time code when it started; it makes you
        its first admin.
      </p>
      <div className="field">
        <label htmlFor={SIGN_IN.code}>Set-up code</label>
        <input
          className="input mono"
          id={SIGN_IN.code}
          name="code"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          required
          data-test={MARKS.signIn.setupCode}
        />
      </div>
      <div className="field">
        <label htmlFor={SIGN_IN.username}>Your account name</label>
        <input
          className="input"
          id={SIGN_IN.username}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={64}
          data-test={MARKS.signIn.setupName}
        />
      </div>
      <PasswordField
        label="Your password"
        autoComplete="new-password"
        mark={MARKS.signIn.setupPassword}
        hint={`At least ${PASSWORD_CHARACTERS_MIN} characters.`}
        minLength={PASSWORD_CHARACTERS_MIN}
      />
      <div id={SIGN_IN.error} role="alert" />
      <button
        type="submit"
        className="button sign-in-submit"
        data-kind="primary"
        id={SIGN_IN.submit}
        data-test={MARKS.signIn.setupSubmit}
      >
        Create the first admin
      </button>
    </form>
  );
}
