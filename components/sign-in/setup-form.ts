/** First start: the one-time code from the gateway's log makes the first admin. */

import { callApi } from '../api/api-client.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { MARKS } from '../test-marks.ts';
import { enhancePassword, fieldText, formParts, showError, showSubmit } from './form-parts.ts';
import { SIGN_IN } from './sign-in-ids.ts';

export type SetupFormPorts = {
  readonly csrf: () => string | null;
  readonly onSignedIn: () => void;
  /** Somebody else was first. */
  readonly onOvertaken: () => void;
};

/** The form must stand in the page. */
export function enhanceSetupForm(ports: SetupFormPorts): void {
  const parts = formParts(SIGN_IN.setupForm);
  let busy = false;
  const show = (error: string | null): void => {
    showError(parts, error, MARKS.signIn.setupError);
    showSubmit(parts, busy ? 'Setting up…' : 'Create the first admin', busy);
  };
  const submit = async (): Promise<void> => {
    if (busy) return;
    const body = {
      code: fieldText(parts.form, 'code').trim(),
      name: fieldText(parts.form, 'username').trim(),
      password: fieldText(parts.form, 'password'),
    };
    busy = true;
    show(null);
    try {
      await callApi('/api/setup', { method: 'POST', csrf: ports.csrf(), body });
      ports.onSignedIn();
    } catch (failure) {
      busy = false;
      show(failure instanceof Error ? failure.message : 'Set-up failed.');
      if (failure instanceof ApiFailure && failure.code === 'setup_done') ports.onOvertaken();
    }
  };
  enhancePassword(parts);
  parts.form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
}
