/**
 * The script of the sign-in document, bundled alone by scripts/static-pages.mjs: asks who is signed in, shows which
 * cluster this is, brings the right form to life, and leaves for the deep link that led here.
 */

import { callApi, parsed } from '../api/api-client.ts';
import { isSignedIn, readSession, type SessionReply } from '../api/session-reply.ts';
import { environmentColour, inkOn, pageTitle } from '../frame/environment.ts';
import { followSystemTheme } from '../frame/theme.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { AccountForm } from './account-form.ts';
import { element } from './form-parts.ts';
import { nextAfterSignIn } from './next-after-sign-in.ts';
import { enhanceSetupForm } from './setup-form.ts';
import { SIGN_IN } from './sign-in-ids.ts';

const RETRY_MS = 2_000;

class SignIn {
  readonly #account: AccountForm;
  /** The form as it came, for when a set-up was overtaken. */
  readonly #accountForm = element(SIGN_IN.form, HTMLFormElement);
  #session: SessionReply | undefined;
  #setup = false;

  constructor() {
    this.#account = new AccountForm({
      csrf: () => this.#session?.csrf ?? null,
      onSignedIn: leave,
      onSetupNeeded: () => void this.ask(),
    });
  }

  async ask(): Promise<void> {
    try {
      const session = parsed(await callApi('/api/session'), readSession);
      sayUnreachable(false);
      if (isSignedIn(session)) leave();
      else this.#show(session);
    } catch {
      sayUnreachable(true);
      setTimeout(() => void this.ask(), RETRY_MS);
    }
  }

  #show(session: SessionReply): void {
    this.#session = session;
    showPlace(session);
    if (session.setupNeeded !== this.#setup) this.#swap(session.setupNeeded);
    document.title = pageTitle({ ...session, page: 'Sign in' });
  }

  #swap(setup: boolean): void {
    this.#setup = setup;
    element(SIGN_IN.title, HTMLElement).textContent = setup ? 'Set up the first account' : 'Sign in';
    if (!setup) {
      document.getElementById(SIGN_IN.setupForm)?.replaceWith(this.#accountForm);
      return;
    }
    this.#account.end();
    const { content } = element(SIGN_IN.setupTemplate, HTMLTemplateElement);
    this.#accountForm.replaceWith(content.cloneNode(true));
    enhanceSetupForm({
      csrf: () => this.#session?.csrf ?? null,
      onSignedIn: leave,
      onOvertaken: () => void this.ask(),
    });
  }
}

/** Leaves for the deep link that led here, or the first page. */
function leave(): void {
  window.location.replace(nextAfterSignIn(window.location.search));
}

function sayUnreachable(is: boolean): void {
  const region = element(SIGN_IN.unreachable, HTMLElement);
  if (!is) region.replaceChildren();
  if (!is || region.childElementCount > 0) return;
  const line = document.createElement('p');
  line.className = 'notice';
  line.dataset['tone'] = 'critical';
  line.dataset['test'] = MARKS.signIn.unreachable;
  line.textContent = `The gateway does not answer. Trying again every ${RETRY_MS / 1_000} s.`;
  region.replaceChildren(line);
}

/** Environment band, cluster name, build: as `EnvBand` draws them on the other pages. */
function showPlace({ environment, clusterName, build }: SessionReply): void {
  const band = element(SIGN_IN.band, HTMLElement);
  const colour = environmentColour(environment.colour);
  band.dataset['pattern'] = environment.pattern;
  band.style.setProperty('--env', colour);
  band.style.setProperty('--env-ink', inkOn(colour));
  band.querySelector('.env-plate')?.removeAttribute('hidden');
  const name = inertName(clusterName);
  element(SIGN_IN.bandName, HTMLElement).textContent = inertName(environment.name) || 'unnamed environment';
  element(SIGN_IN.bandCluster, HTMLElement).textContent = name;
  element(SIGN_IN.clusterName, HTMLElement).textContent = name;
  element(SIGN_IN.cluster, HTMLElement).hidden = name === '';
  element(SIGN_IN.build, HTMLElement).textContent = `build ${inertName(build) || '—'}`;
}

followSystemTheme();
const signIn = new SignIn();
void signIn.ask();
// A page that comes back from the browser's memory may belong to somebody who is signed in by now.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) void signIn.ask();
});
