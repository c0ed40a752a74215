'use client';

/**
 * The guarded switch: writes look like a covered switch. The first press lifts the cover, the second presses the
 * commit face, which names verb and object. It covers itself again when left alone.
 */

import { useEffect, useId, useRef, useState } from 'react';
import { MARKS } from '../test-marks.ts';

/** An open cover closes by itself after this time. */
export const GUARD_LIFTED_MS = 15_000;

export type GuardedSwitchProps = {
  /** On the cover, for example `Lift to run`. */
  readonly cover: string;
  /** On the commit face: verb and object, `Run on 3 nodes`. */
  readonly commit: string;
  /** Why it cannot be used now; null when it can. */
  readonly obstacle: string | null;
  /** Red face for what is hard to reverse. */
  readonly heavy?: boolean;
  readonly onCommit: () => void;
};

export function GuardedSwitch({ cover, commit, obstacle, heavy = false, onCommit }: GuardedSwitchProps) {
  const [lifted, setLifted] = useState(false);
  const face = useRef<HTMLButtonElement>(null);
  const reasonId = useId();
  const open = lifted && obstacle === null;

  useEffect(() => {
    if (!open) return;
    face.current?.focus();
    const timer = setTimeout(() => setLifted(false), GUARD_LIFTED_MS);
    return () => clearTimeout(timer);
  }, [open]);

  const lift = (): void => {
    if (obstacle === null) setLifted(true);
  };
  const press = (): void => {
    setLifted(false);
    onCommit();
  };
  return (
    <span className="guard-box">
      <span
        className="guard"
        data-lifted={open || undefined}
        data-off={obstacle !== null || undefined}
        data-weight={heavy ? 'heavy' : undefined}
      >
        <button
          type="button"
          className="guard-cover"
          data-test={MARKS.guard.cover}
          aria-disabled={obstacle !== null}
          aria-describedby={obstacle === null ? undefined : reasonId}
          onClick={lift}
        >
          <span>{cover}</span>
        </button>
        <button
          type="button"
          ref={face}
          className="guard-face"
          data-test={MARKS.guard.commit}
          onClick={press}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.stopPropagation();
            setLifted(false);
          }}
        >
          {commit}
        </button>
      </span>
      {obstacle === null ? null : (
        <span className="reason" id={reasonId}>
          {obstacle}
        </span>
      )}
    </span>
  );
}
