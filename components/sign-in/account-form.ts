/** The local account form. One text for every refusal; a lock says how long it lasts and counts down. */

import { callApi } from '../api/api-client.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration } from '../ui/format-time.ts';
import {
  enhancePassword,
  type FormParts,
  fieldText,
  formParts,
  showError,
  showSubmit,
} from './form-parts.ts';
import { SIGN_IN } from './sign-in-ids.ts';

/** Used when the gateway locks without saying for how long. */
const LOCK_GUESS_MS = 60_000;
const COUNT_EVERY_MS = 250;

export type AccountFormPorts = {
  readonly csrf: () => string | null;
  readonly onSignedIn: () => void;
  readonly onSetupNeeded: () => void;
};

export class AccountForm {
  readonly #parts: FormParts;
  readonly #ports: AccountFormPorts;
  #busy = false;
  #lock: { readonly name: string; readonly untilMs: number } | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(ports: AccountFormPorts) {
    this.#ports = ports;
    this.#parts = formParts(SIGN_IN.form);
    enhancePassword(this.#parts);
    this.#parts.form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    // Another name may not be locked: the gateway decides anew.
    this.#parts.username.addEventListener('input', () => this.#count());
  }

  /** Stops counting, before the form leaves the page. */
  end(): void {
    clearInterval(this.#timer);
  }

  get #name(): string {
    return fieldText(this.#parts.form, 'username').trim();
  }

  async #submit(): Promise<void> {
    if (this.#busy || this.#lockedMs() > 0) return;
    const name = this.#name;
    this.#busy = true;
    this.#lock = undefined;
    this.#show(null);
    try {
      const body = { name, password: fieldText(this.#parts.form, 'password') };
      await callApi('/api/session', { method: 'POST', csrf: this.#ports.csrf(), body });
      // Managers offer to keep what left a password field.
      this.#parts.password.type = 'password';
      this.#ports.onSignedIn();
    } catch (failure) {
      this.#busy = false;
      this.#refused(failure, name);
    }
  }

  #refused(failure: unknown, name: string): void {
    const known = failure instanceof ApiFailure ? failure : undefined;
    if (known?.code === 'setup_needed') {
      this.#ports.onSetupNeeded();
      return;
    }
    if (known?.code === 'locked' || known?.code === 'rate_limited') {
      const untilMs = performance.now() + (known.retryAfterMs ?? LOCK_GUESS_MS);
      this.#lock = { name, untilMs };
      clearInterval(this.#timer);
      this.#timer = setInterval(() => this.#count(), COUNT_EVERY_MS);
      this.#count();
    } else this.#show(known?.message ?? 'Signing in failed.');
    this.#parts.password.focus();
    this.#parts.password.select();
  }

  /** Milliseconds that the lock of the name in the field lasts; 0 without one. */
  #lockedMs(): number {
    if (this.#lock === undefined || this.#lock.name !== this.#name) return 0;
    return Math.max(0, this.#lock.untilMs - performance.now());
  }

  #count(): void {
    if (this.#lock === undefined || this.#busy) return;
    const leftMs = this.#lockedMs();
    if (leftMs > 0) {
      const left = formatDuration(Math.ceil(leftMs / 1_000) * 1_000);
      showError(this.#parts, `Too many attempts. Try again in ${left}.`, MARKS.signIn.locked);
      showSubmit(this.#parts, 'Sign in', true);
      return;
    }
    if (performance.now() >= this.#lock.untilMs) {
      clearInterval(this.#timer);
      this.#lock = undefined;
    }
    this.#show(null);
  }

  #show(error: string | null): void {
    showError(this.#parts, error, MARKS.signIn.error);
    showSubmit(this.#parts, this.#busy ? 'Signing in…' : 'Sign in', this.#busy);
  }
}
