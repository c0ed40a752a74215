'use client';

/** A button that is never silently disabled: it keeps its focus and says why it cannot be used. */

import { type ReactNode, useId } from 'react';

export type ActionButtonProps = {
  readonly children: ReactNode;
  /** Not for a submit button: its form hears of it. */
  readonly onPress?: () => void;
  /** Null when it can be used. */
  readonly obstacle: string | null;
  readonly kind?: 'plain' | 'primary' | 'quiet';
  readonly mark: string;
  readonly submit?: boolean;
  /** The reason is always in the accessible description; show it as text as well? */
  readonly showReason?: boolean;
};

export function ActionButton(props: ActionButtonProps) {
  const { children, onPress, obstacle, kind = 'plain', mark, submit = false, showReason = true } = props;
  const reasonId = useId();
  return (
    <span className="action">
      <button
        type={submit ? 'submit' : 'button'}
        className="button"
        data-kind={kind}
        data-test={mark}
        aria-disabled={obstacle !== null}
        aria-describedby={obstacle === null ? undefined : reasonId}
        title={obstacle ?? undefined}
        onClick={(event) => {
          if (!submit || obstacle !== null) event.preventDefault();
          if (obstacle === null && !submit) onPress?.();
        }}
      >
        {children}
      </button>
      {obstacle === null ? null : (
        <span className={showReason ? 'reason' : 'visually-hidden'} id={reasonId}>
          {obstacle}
        </span>
      )}
    </span>
  );
}
