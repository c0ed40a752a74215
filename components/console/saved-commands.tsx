'use client';

/** Saved commands. Choosing one fills the prompt and its target; it never sends. */

import type { SavedCommand } from '../../server/wire/http.ts';
import { useSession } from '../frame/session-gate.tsx';
import { MARKS } from '../test-marks.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { targetText } from './command-target.ts';
import { useRemoveSaved, useSavedCommands } from './saved-queries.ts';

export type SavedCommandsProps = { readonly onFill: (saved: SavedCommand) => void };

export function SavedCommands({ onFill }: SavedCommandsProps) {
  const { name, role } = useSession().account;
  const query = useSavedCommands();
  const remove = useRemoveSaved();
  if (query.data === undefined) {
    return <p className="muted">{query.isError ? query.error.message : 'Fetching…'}</p>;
  }
  if (query.data.length === 0) {
    return <p className="muted">Nothing is saved yet. Write a command, then choose “Save…” below it.</p>;
  }
  return (
    <>
      <ul className="job-list" data-test={MARKS.console.saved}>
        {query.data.map((saved) => (
          <li key={saved.id} className="side-row" data-test={MARKS.console.savedRow}>
            <button
              type="button"
              className="side-fill"
              data-test={MARKS.console.savedFill}
              onClick={() => onFill(saved)}
            >
              <span className="side-label">{inertName(saved.label)}</span>
              <span className="mono job-list-text">{inertText(saved.command)}</span>
              <span className="job-list-facts">
                {targetText(saved.target)}
                {saved.shared ? ` · for everybody, by ${inertName(saved.owner)}` : ''}
              </span>
            </button>
            {saved.owner === name || role === 'admin' ? (
              <button
                type="button"
                className="button"
                data-kind="quiet"
                aria-label={`Remove the saved command ${inertName(saved.label)}`}
                aria-disabled={remove.isPending}
                data-test={MARKS.console.savedRemove}
                onClick={() => {
                  if (!remove.isPending) remove.mutate(saved.id);
                }}
              >
                Remove
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {remove.isError ? (
        <p className="field-error" role="alert">
          {remove.error.message}
        </p>
      ) : null}
    </>
  );
}
