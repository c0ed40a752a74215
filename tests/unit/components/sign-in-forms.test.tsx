// @vitest-environment happy-dom

import { renderToStaticMarkup } from 'react-dom/server';
import { beforeEach, expect, test } from 'vitest';
import { AccountForm } from '../../../components/sign-in/account-form.ts';
import { formParts, showError } from '../../../components/sign-in/form-parts.ts';
import { SignInDocument } from '../../../components/sign-in/sign-in-document.tsx';
import { SIGN_IN } from '../../../components/sign-in/sign-in-ids.ts';

beforeEach(() => {
  document.body.innerHTML = renderToStaticMarkup(<SignInDocument />);
});

test('a password can be read on request and is named for password managers', () => {
  new AccountForm({ csrf: () => null, onSignedIn: () => {}, onSetupNeeded: () => {} });
  const { password } = formParts(SIGN_IN.form);
  const button = document.getElementById(SIGN_IN.showPassword);
  expect([password.type, password.autocomplete, button?.textContent]).toEqual([
    'password',
    'current-password',
    'Show password',
  ]);
  button?.click();
  expect([password.type, button?.textContent]).toEqual(['text', 'Hide password']);
  button?.click();
  expect(password.type).toBe('password');
});

test('an error is text beside its fields, names them, and goes without a trace', () => {
  const parts = formParts(SIGN_IN.form);
  const before = document.body.innerHTML;
  showError(parts, '<b>wrong</b>', 'x');
  expect(parts.error.textContent).toBe('<b>wrong</b>');
  expect(parts.password.getAttribute('aria-describedby')).toBe(SIGN_IN.error);
  expect(parts.username.getAttribute('aria-invalid')).toBe('true');
  const line = parts.error.firstElementChild;
  showError(parts, 'again', 'x');
  // The same element: a screen reader hears the new text, and nothing is announced twice.
  expect(parts.error.firstElementChild).toBe(line);
  showError(parts, null, 'x');
  expect(document.body.innerHTML).toBe(before);
});

test('the set-up form is not in the page until it is needed', () => {
  expect(document.querySelectorAll('form')).toHaveLength(1);
  const template = document.getElementById(SIGN_IN.setupTemplate);
  expect(template instanceof HTMLTemplateElement && template.content.querySelectorAll('form')).toHaveLength(
    1,
  );
});
