'use client';

/** Keep-or-revert (D11): never ticked beforehand and never remembered. Says who reverts, and when nobody would. */

import { useId } from 'react';
import { MARKS } from '../../test-marks.ts';

/** Seconds; the gateway takes 10 to 3600. */
export const REVERT_CHOICES_S = [30, 120, 600, 3_600] as const;
export const REVERT_DEFAULT_S = 120;

const CHOICE_WORDS: Readonly<Record<(typeof REVERT_CHOICES_S)[number], string>> = {
  30: '30 s',
  120: '120 s',
  600: '10 min',
  3600: '1 h',
};

export type RevertChoiceProps = {
  /** Seconds; null where it is not wanted. */
  readonly value: number | null;
  /** Why there would be nothing to go back to; null when there is. */
  readonly obstacle: string | null;
  readonly onChange: (value: number | null) => void;
};

export function RevertChoice({ value, obstacle, onChange }: RevertChoiceProps) {
  const id = useId();
  const noteId = useId();
  return (
    <div className="revert-choice">
      <p>
        <input
          type="checkbox"
          id={id}
          data-test={MARKS.duravips.actions.revert}
          checked={value !== null && obstacle === null}
          aria-disabled={obstacle !== null}
          aria-describedby={noteId}
          onChange={(event) => {
            if (obstacle === null) onChange(event.target.checked ? REVERT_DEFAULT_S : null);
          }}
        />
        <label htmlFor={id}>Revert automatically unless I keep it, after</label>
        <select
          className="input"
          aria-label="Revert after"
          data-test={MARKS.duravips.actions.revertAfter}
          value={value ?? REVERT_DEFAULT_S}
          aria-disabled={obstacle !== null || value === null}
          onChange={(event) => {
            if (obstacle === null) onChange(Number(event.target.value));
          }}
        >
          {REVERT_CHOICES_S.map((seconds) => (
            <option key={seconds} value={seconds}>
              {CHOICE_WORDS[seconds]}
            </option>
          ))}
        </select>
      </p>
      <p className="muted" id={noteId}>
        {obstacle ?? 'The gateway does it, also when this page is closed. If the gateway stops, nobody does.'}
      </p>
    </div>
  );
}
