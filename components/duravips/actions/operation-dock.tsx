'use client';

/**
 * Operations that still ask for eyes: running ones, whoever asked for them, those that can be undone, and what went
 * wrong lately. They come from the gateway, so they survive a reload and are the same for everybody.
 */

import { useState } from 'react';
import type { OperationRow } from '../../../server/wire/duravip.ts';
import { useCollection, useGatewayNow } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { formatAge, formatDuration } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import { Status } from '../../ui/status-glyph.tsx';
import {
  countWords,
  isCurrent,
  operationState,
  operationTitle,
  STAGE_WORDS,
  stagesOf,
  undoLeftMs,
} from './operation-words.ts';
import { useVipActions } from './vip-actions.tsx';

/** Lines that stand open; the others are one press away. */
const SHOWN_MAX = 3;

export function OperationDock() {
  const operations = useCollection('vipOperations');
  const nowMs = useGatewayNow(1_000);
  const [all, setAll] = useState(false);
  const [forgotten, setForgotten] = useState<ReadonlySet<string>>(new Set());
  const current = Object.values(operations)
    .filter((each) => isCurrent(each, nowMs) && !(forgotten.has(each.id) && isAtRest(each)))
    .sort((a, b) => Number(isAtRest(a)) - Number(isAtRest(b)) || b.createdMs - a.createdMs);
  if (current.length === 0) return null;
  const shown = all ? current : current.slice(0, SHOWN_MAX);
  return (
    <section className="operation-dock" aria-label="Operations" data-test={MARKS.duravips.actions.dock}>
      <ul>
        {shown.map((operation) => (
          <DockLine
            key={operation.id}
            operation={operation}
            nowMs={nowMs}
            onForget={() => setForgotten((known) => new Set([...known, operation.id]))}
          />
        ))}
      </ul>
      {current.length <= SHOWN_MAX ? null : (
        <button
          type="button"
          className="link-button"
          data-test={MARKS.duravips.actions.dockMore}
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? 'Show fewer' : `Show ${current.length - SHOWN_MAX} more`}
        </button>
      )}
    </section>
  );
}

/** Nothing happens to it any more by itself. */
function isAtRest({ state, revertAtMs }: OperationRow): boolean {
  return state !== 'running' && revertAtMs === null;
}

type DockLineProps = {
  readonly operation: OperationRow;
  readonly nowMs: number | null;
  readonly onForget: () => void;
};

function DockLine({ operation, nowMs, onForget }: DockLineProps) {
  const { open } = useVipActions();
  const { shape, word } = operationState(operation);
  const title = operationTitle(operation);
  return (
    <li
      className="dock-line"
      data-test={MARKS.duravips.actions.operation}
      data-operation={operation.id}
      data-kind={operation.kind}
      data-state={operation.state}
    >
      <Status shape={shape}>{word}</Status>
      <span className="dock-title" data-test={MARKS.duravips.actions.title}>
        {title}
      </span>
      <span className="muted dock-note">{dockNote(operation, nowMs)}</span>
      <span className="dock-tools">
        <button
          type="button"
          className="button"
          data-test={MARKS.duravips.actions.open}
          onClick={() => open({ kind: 'track', operation })}
        >
          {operation.state === 'running' ? 'Track' : 'Show'}
          <span className="visually-hidden"> {title}</span>
        </button>
        {isAtRest(operation) ? (
          <button
            type="button"
            className="button"
            data-kind="quiet"
            data-test={MARKS.duravips.actions.forget}
            onClick={onForget}
          >
            Hide<span className="visually-hidden"> {title}</span>
          </button>
        ) : null}
      </span>
    </li>
  );
}

function dockNote(operation: OperationRow, nowMs: number | null): string {
  const { revertAtMs, kept, actor, counts, items, createdMs } = operation;
  const [item] = items;
  const parts = [inertName(actor)];
  if (counts.all > 1) parts.push(countWords(operation));
  else if (item !== undefined && operation.state === 'running') {
    const present = stagesOf(item, createdMs, nowMs).find(
      ({ reached }) => reached === 'now' || reached === 'late',
    );
    if (present !== undefined)
      parts.push(`waiting for “${STAGE_WORDS[present.stage]}” ${formatAge(present.lastsMs)}`);
  }
  if (revertAtMs !== null && kept === null && nowMs !== null) {
    parts.push(`reverted in ${formatDuration(Math.max(0, revertAtMs - nowMs))} unless kept`);
  }
  const left = undoLeftMs(operation, nowMs);
  if (left !== null) parts.push(`can be undone for ${formatDuration(left)}`);
  return parts.join(' · ');
}
