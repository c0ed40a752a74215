/** What both forms of the sign-in document share: finding elements, errors, busy, a password that can be read. */

import { SIGN_IN } from './sign-in-ids.ts';

/** @throws when the document is not the one this script was built for. */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the sign-in document has no #${id}`);
}

export type FormParts = {
  readonly form: HTMLFormElement;
  readonly username: HTMLInputElement;
  readonly password: HTMLInputElement;
  readonly error: HTMLElement;
  readonly submit: HTMLButtonElement;
};

/** @param formId of the form that stands in the page now. */
export function formParts(formId: string): FormParts {
  return {
    form: element(formId, HTMLFormElement),
    username: element(SIGN_IN.username, HTMLInputElement),
    password: element(SIGN_IN.password, HTMLInputElement),
    error: element(SIGN_IN.error, HTMLElement),
    submit: element(SIGN_IN.submit, HTMLButtonElement),
  };
}

/** The text of one field as it stands, whoever put it there: keys, paste, or a password manager. */
export function fieldText(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
}

/** Says the text where a screen reader hears it; null takes it away. */
export function showError(parts: FormParts, text: string | null, mark: string): void {
  for (const input of [parts.username, parts.password]) {
    if (text === null) input.removeAttribute('aria-invalid');
    else input.setAttribute('aria-invalid', 'true');
    describe(input, text !== null);
  }
  const shown = parts.error.firstElementChild;
  if (text === null) parts.error.replaceChildren();
  else if (shown instanceof HTMLElement && shown.dataset['test'] === mark) {
    if (shown.textContent !== text) shown.textContent = text;
  } else parts.error.replaceChildren(errorLine(text, mark));
}

function errorLine(text: string, mark: string): HTMLElement {
  const line = document.createElement('p');
  line.className = 'field-error';
  line.dataset['test'] = mark;
  line.textContent = text;
  return line;
}

/** Adds the error to what describes the field already, such as its hint. */
function describe(input: HTMLInputElement, withError: boolean): void {
  const others = (input.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .filter((id) => id !== '' && id !== SIGN_IN.error);
  const ids = withError ? [...others, SIGN_IN.error] : others;
  if (ids.length === 0) input.removeAttribute('aria-describedby');
  else input.setAttribute('aria-describedby', ids.join(' '));
}

export function showSubmit(parts: FormParts, words: string, off: boolean): void {
  parts.submit.textContent = words;
  parts.submit.setAttribute('aria-disabled', String(off));
}

/** Lets the password be read on request. */
export function enhancePassword(parts: FormParts): void {
  const word = element(SIGN_IN.showPasswordWord, HTMLElement);
  element(SIGN_IN.showPassword, HTMLButtonElement).addEventListener('click', () => {
    const shown = parts.password.type === 'text';
    parts.password.type = shown ? 'password' : 'text';
    word.textContent = shown ? 'Show' : 'Hide';
  });
}
