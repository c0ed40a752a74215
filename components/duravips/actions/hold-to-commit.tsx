'use client';

/**
 * A commit for thumbs (ui.md 2.11): hold for 1.2 s while the ring fills, let go and nothing happened. Who cannot hold
 * taps twice: the second button works only after a second, so that a double tap is not a decision. Keys and assistive
 * technology press without holding and get the second way.
 */

import { type PointerEvent, useEffect, useId, useRef, useState } from 'react';
import { MARKS } from '../../test-marks.ts';

export const HOLD_MS = 1_200;
export const TAP_CONFIRM_AFTER_MS = 1_000;
/** The offer to confirm closes by itself. */
const TAP_OPEN_MS = 15_000;

export type HoldToCommitProps = {
  /** Verb and object: `Move 10.1.1.1 to labrat-2`. */
  readonly commit: string;
  /** Why it cannot be used now; null when it can. */
  readonly obstacle: string | null;
  readonly onCommit: () => void;
};

export function HoldToCommit({ commit, obstacle, onCommit }: HoldToCommitProps) {
  const [holding, setHolding] = useState(false);
  const [tapping, setTapping] = useState(false);
  const reasonId = useId();
  const newest = useRef(onCommit);
  newest.current = onCommit;
  const off = obstacle !== null;

  useEffect(() => {
    if (!holding || off) return;
    const timer = setTimeout(() => {
      setHolding(false);
      navigator.vibrate?.(30);
      newest.current();
    }, HOLD_MS);
    return () => clearTimeout(timer);
  }, [holding, off]);

  const down = (event: PointerEvent<HTMLButtonElement>): void => {
    if (!event.isPrimary || event.button !== 0) return;
    event.currentTarget.setPointerCapture?.(event.pointerId);
    setHolding(!off);
  };
  const up = (): void => setHolding(false);
  return (
    <div className="hold-box">
      <button
        type="button"
        className="hold"
        data-test={MARKS.duravips.actions.hold}
        data-armed={holding || undefined}
        aria-disabled={off}
        aria-describedby={off ? reasonId : undefined}
        onPointerDown={down}
        onPointerUp={up}
        onPointerCancel={up}
        onContextMenu={(event) => event.preventDefault()}
        onClick={(event) => {
          // A press that was not a finger or a mouse: Enter, a switch, a screen reader.
          if (!off && event.detail === 0) setTapping(true);
        }}
      >
        <Ring />
        <span>Hold to {commit.charAt(0).toLowerCase() + commit.slice(1)}</span>
      </button>
      {off ? (
        <span className="reason" id={reasonId}>
          {obstacle}
        </span>
      ) : null}
      {tapping && !off ? (
        <TapToConfirm commit={commit} onCommit={onCommit} onLapsed={() => setTapping(false)} />
      ) : (
        <button
          type="button"
          className="button"
          data-kind="quiet"
          data-test={MARKS.duravips.actions.holdTap}
          aria-disabled={off}
          aria-describedby={off ? reasonId : undefined}
          onClick={() => {
            if (!off) setTapping(true);
          }}
        >
          Can’t hold? Tap to confirm
        </button>
      )}
    </div>
  );
}

function Ring() {
  return (
    <svg className="hold-ring" viewBox="0 0 28 28" width="28" height="28" aria-hidden="true">
      <circle cx="14" cy="14" r="11" className="hold-ring-rail" />
      <circle cx="14" cy="14" r="11" className="hold-ring-fill" pathLength="100" />
    </svg>
  );
}

type TapToConfirmProps = {
  readonly commit: string;
  readonly onCommit: () => void;
  readonly onLapsed: () => void;
};

function TapToConfirm({ commit, onCommit, onLapsed }: TapToConfirmProps) {
  const [ready, setReady] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const waitId = useId();
  const lapsed = useRef(onLapsed);
  lapsed.current = onLapsed;
  useEffect(() => {
    button.current?.focus();
    const enable = setTimeout(() => setReady(true), TAP_CONFIRM_AFTER_MS);
    const close = setTimeout(() => lapsed.current(), TAP_OPEN_MS);
    return () => {
      clearTimeout(enable);
      clearTimeout(close);
    };
  }, []);
  return (
    <button
      type="button"
      ref={button}
      className="button hold-confirm"
      data-kind="primary"
      data-test={MARKS.duravips.actions.holdConfirm}
      aria-disabled={!ready}
      aria-describedby={ready ? undefined : waitId}
      onClick={() => {
        if (ready) onCommit();
      }}
    >
      Confirm: {commit}
      <span id={waitId} className="visually-hidden">
        {ready ? '' : 'ready in a second'}
      </span>
    </button>
  );
}
