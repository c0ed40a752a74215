'use client';

/** Denies a request, with a note to who asked. Nothing is sent by it, so it takes no preview. */

import { type FormEvent, useId, useState } from 'react';
import type { Approval } from '../../server/wire/http.ts';
import { commandHead } from '../console/confirm-sheet.tsx';
import { MARKS } from '../test-marks.ts';
import { useDecide } from './approval-inbox.ts';

const NOTE_CHARACTERS_MAX = 1_000;

export function DenyForm({ request }: { readonly request: Approval }) {
  const [open, setOpen] = useState(false);
  const [note, setNote] = useState('');
  const id = useId();
  const decide = useDecide();
  const deny = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!decide.isPending) decide.mutate({ id: request.id, verdict: 'deny', note });
  };
  if (!open) {
    return (
      <button
        type="button"
        className="button"
        data-test={MARKS.settings.requestDeny}
        onClick={() => setOpen(true)}
      >
        Deny…
      </button>
    );
  }
  return (
    <form className="deny-form" onSubmit={deny}>
      <label htmlFor={id}>Note to who asked</label>
      <input
        className="input"
        id={id}
        maxLength={NOTE_CHARACTERS_MAX}
        autoComplete="off"
        value={note}
        data-test={MARKS.settings.requestNote}
        onChange={(event) => setNote(event.target.value)}
      />
      <button
        type="submit"
        className="button"
        aria-disabled={decide.isPending}
        data-test={MARKS.settings.requestDenyCommit}
      >
        Deny {commandHead(request.command)}
      </button>
      <button type="button" className="button" data-kind="quiet" onClick={() => setOpen(false)}>
        Cancel
      </button>
      {decide.isError ? (
        <p className="field-error" role="alert">
          {decide.error.message}
        </p>
      ) : null}
    </form>
  );
}
