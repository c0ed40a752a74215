'use client';

/** Keeps the command in the prompt under a name. Opens in place; nothing is saved by opening it. */

import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { CommandTarget } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import { useSaveCommand } from './saved-queries.ts';

const LABEL_CHARACTERS_MAX = 100;

export type SaveCommandProps = { readonly command: string; readonly target: CommandTarget };

export function SaveCommand({ command, target }: SaveCommandProps) {
  const [open, setOpen] = useState(false);
  const [label, setLabel] = useState('');
  const [shared, setShared] = useState(false);
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    setLabel('');
    opener.current?.focus();
  };
  const save = useSaveCommand(close);
  useEffect(() => {
    if (open) field.current?.focus();
  }, [open]);
  const submit = (): void => {
    const text = label.trim();
    if (text !== '' && !save.isPending) save.mutate({ label: text, command, target, shared });
  };
  /** The prompt's form is around this one: Enter saves and must not send. */
  const pressed = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Enter') submit();
    else close();
  };
  return (
    <>
      <button
        ref={opener}
        type="button"
        className="button"
        data-kind="quiet"
        aria-expanded={open}
        data-test={MARKS.console.saveOpen}
        onClick={() => setOpen(!open)}
      >
        Save…
      </button>
      {open ? (
        <div className="save-command">
          <label htmlFor={`${id}-label`}>Save as</label>
          <input
            ref={field}
            id={`${id}-label`}
            className="input"
            autoComplete="off"
            maxLength={LABEL_CHARACTERS_MAX}
            value={label}
            data-test={MARKS.console.saveLabel}
            onChange={(event) => setLabel(event.target.value)}
            onKeyDown={pressed}
          />
          <label className="check">
            <input
              type="checkbox"
              checked={shared}
              data-test={MARKS.console.saveShared}
              onChange={(event) => setShared(event.target.checked)}
            />
            for everybody
          </label>
          <button
            type="button"
            className="button"
            aria-disabled={label.trim() === '' || save.isPending}
            data-test={MARKS.console.saveSubmit}
            onClick={submit}
          >
            Save the command
          </button>
          {save.isError ? (
            <p className="field-error" role="alert" data-test={MARKS.console.saveError}>
              {save.error.message}
            </p>
          ) : null}
        </div>
      ) : null}
    </>
  );
}
