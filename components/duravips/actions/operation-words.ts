/**
 * Operations in words: how far one is, which node has not said what was expected, what can still be done. Pure; a
 * stage counts only when the gateway was told of it.
 */

import {
  type OperationItem,
  type OperationRow,
  STAGE_LIMIT_MS,
  STAGES,
  type Stage,
} from '../../../server/wire/duravip.ts';
import { formatDuration, plural } from '../../ui/format-time.ts';
import { inertName, inertText } from '../../ui/inert-text.ts';
import type { GlyphShape } from '../../ui/status-glyph.tsx';

const VERBS: Readonly<Record<OperationRow['kind'], string>> = {
  move: 'Move',
  drain: 'Drain',
  undrain: 'End the drain of',
  unpin: 'Unpin',
  announce: 'Announce view',
  undo: 'Undo: move',
  revert: 'Revert: move',
};

/** `Move 10.1.1.1 to labrat-2`, `Move 214 addresses to labrat-2`, `Drain labrat-1: 80 addresses`. */
export function operationTitle(operation: OperationRow): string {
  const { kind, node, counts, items } = operation;
  const verb = VERBS[kind];
  if (kind === 'announce') return verb;
  const [item] = items;
  if (kind === 'drain' || kind === 'undrain') {
    const moves = counts.all === 0 ? '' : `: ${plural(counts.all, 'address', 'addresses')}`;
    return `${verb} ${inertName(node ?? 'a node')}${moves}`;
  }
  if (counts.all === 1 && item !== undefined) {
    return `${verb} ${inertName(item.address)}${item.to === null || kind === 'unpin' ? '' : ` to ${inertName(item.to)}`}`;
  }
  const targets = new Set(items.map(({ to }) => to));
  const [to] = targets;
  const where = targets.size === 1 && to != null ? ` to ${inertName(to)}` : '';
  return `${verb} ${plural(counts.all, 'address', 'addresses')}${where}`;
}

export type ReachedStage = {
  readonly stage: Stage;
  /** `skipped`: nobody told it, and a later one was told. */
  readonly reached: 'yes' | 'now' | 'late' | 'no' | 'skipped';
  readonly atMs: number | null;
  /** Since it was asked for. */
  readonly afterMs: number | null;
  /** In the present stage: how long it lasts. */
  readonly lastsMs: number | null;
  readonly node: string | null;
};

/** @param nowMs wall clock of the gateway; null while it is not known. */
export function stagesOf(
  item: OperationItem,
  createdMs: number,
  nowMs: number | null,
): readonly ReachedStage[] {
  const told = new Map(item.stages.map((each) => [each.stage, each]));
  const last = Math.max(-1, ...item.stages.map(({ stage }) => STAGES.indexOf(stage)));
  const present = isOver(item) ? undefined : presentStage(item);
  const sinceMs = item.stages.at(-1)?.atMs ?? createdMs;
  return STAGES.map((stage, index) => {
    const known = told.get(stage);
    const lastsMs = stage === present && nowMs !== null ? Math.max(0, nowMs - sinceMs) : null;
    const shared = {
      stage,
      atMs: known?.atMs ?? null,
      afterMs: known === undefined ? null : Math.max(0, known.atMs - createdMs),
      lastsMs,
      node: known?.node ?? null,
    };
    if (known !== undefined) return { ...shared, reached: 'yes' as const };
    if (stage !== present)
      return { ...shared, reached: index < last ? ('skipped' as const) : ('no' as const) };
    const late = item.state === 'late' || (lastsMs ?? 0) > STAGE_LIMIT_MS[stage];
    return { ...shared, reached: late ? ('late' as const) : ('now' as const) };
  });
}

function isOver({ state }: OperationItem): boolean {
  return state === 'done' || state === 'refused' || state === 'failed' || state === 'unknown';
}

/** The next stage that somebody must tell. Nobody releases what nobody had; announcing is told by those who can. */
function presentStage(item: OperationItem): Stage | undefined {
  const last = Math.max(-1, ...item.stages.map(({ stage }) => STAGES.indexOf(stage)));
  return STAGES.find(
    (stage, index) => index > last && stage !== 'announced' && (stage !== 'released' || item.from !== null),
  );
}

/** Who has to say the next thing; null where it is not one node. */
export function awaitedNode(item: OperationItem): string | null {
  switch (presentStage(item)) {
    case 'released':
      return item.from;
    case 'plumbed':
      return item.to;
    case 'requested':
    case 'ordered':
    case 'announced':
    case 'mature':
    case undefined:
      return null;
  }
}

export const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  requested: 'sent',
  ordered: 'ordered on the bus',
  released: 'released',
  plumbed: 'plumbed',
  announced: 'announced by ARP',
  mature: 'mature',
};

export type Trouble = {
  readonly kind: 'late' | 'unknown' | 'failed' | 'refused';
  readonly title: string;
  readonly text: string;
  /** Worth a look at its console; null where nobody is to be named. */
  readonly node: string | null;
};

/** What is wrong with one address of an operation; null while it goes as it should. */
export function troubleOf(item: OperationItem, createdMs: number, nowMs: number | null): Trouble | null {
  const said = item.text === '' ? '' : inertText(item.text);
  switch (item.state) {
    case 'refused':
      return { kind: 'refused', title: 'Refused', text: said || 'The cluster would not do it.', node: null };
    case 'failed':
      return { kind: 'failed', title: 'Failed', text: said || 'It did not come about.', node: item.to };
    case 'unknown':
      return {
        kind: 'unknown',
        title: 'Outcome unknown',
        text: `${said === '' ? '' : `${said} `}It was sent, and nobody has said what became of it. It is not sent a second time by itself; below is what the nodes say.`,
        node: item.to,
      };
    case 'done':
    case 'waiting':
      return null;
    case 'running':
    case 'late':
      return lateness(item, createdMs, nowMs, said);
  }
}

function lateness(
  item: OperationItem,
  createdMs: number,
  nowMs: number | null,
  said: string,
): Trouble | null {
  const late = stagesOf(item, createdMs, nowMs).find(({ reached }) => reached === 'late');
  if (late === undefined) return null;
  const node = awaitedNode(item);
  const who = node === null ? 'The cluster' : inertName(node);
  const waits = `${who} has not said “${STAGE_WORDS[late.stage]}” for ${formatDuration(late.lastsMs)}`;
  // The gateway knows more of who is silent; where it has not said yet, the stage tells.
  const text = `${said === '' ? waits : said}; expected within ${formatDuration(STAGE_LIMIT_MS[late.stage])}.`;
  return { kind: 'late', title: 'Late', text, node };
}

export type OperationState = { readonly shape: GlyphShape; readonly word: string };

const STATES: Readonly<Record<OperationRow['state'], OperationState>> = {
  running: { shape: 'moving', word: 'running' },
  done: { shape: 'ok', word: 'done' },
  partly: { shape: 'warning', word: 'partly done' },
  refused: { shape: 'critical', word: 'refused' },
  failed: { shape: 'critical', word: 'failed' },
  unknown: { shape: 'unknown', word: 'outcome unknown' },
};

export function operationState({ state, items }: OperationRow): OperationState {
  const late = state === 'running' && items.some((item) => item.state === 'late');
  return late ? { shape: 'warning', word: 'late' } : STATES[state];
}

/** `198 of 214 done, 12 running, 3 failed, 1 unknown`. */
export function countWords({ counts }: OperationRow): string {
  const open = Math.max(0, counts.all - counts.done - counts.failed - counts.unknown);
  return [
    `${counts.done} of ${counts.all} done`,
    ...(open > 0 ? [`${open} running`] : []),
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.unknown > 0 ? [`${counts.unknown} unknown`] : []),
  ].join(', ');
}

/** The undo that can be had now; null when there is none. */
export function undoLeftMs(operation: OperationRow, nowMs: number | null): number | null {
  const { undo, undoUntilMs } = operation;
  if (undo.length === 0 || undoUntilMs === null || nowMs === null) return null;
  return nowMs < undoUntilMs ? undoUntilMs - nowMs : null;
}

/** Whether it still asks for somebody's eyes. A finished one does as long as it can be undone or went wrong lately. */
export function isCurrent(operation: OperationRow, nowMs: number | null): boolean {
  if (operation.state === 'running' || operation.revertAtMs !== null) return true;
  return undoLeftMs(operation, nowMs) !== null || (wentWrong(operation) && isRecent(operation, nowMs));
}

/** Trouble stands in the list this long. */
const TROUBLE_SHOWN_MS = 15 * 60_000;

function isRecent({ createdMs }: OperationRow, nowMs: number | null): boolean {
  return nowMs === null || nowMs - createdMs < TROUBLE_SHOWN_MS;
}

function wentWrong({ state }: OperationRow): boolean {
  return state === 'partly' || state === 'refused' || state === 'failed' || state === 'unknown';
}

/** What a retry would send again. */
export function retryCount({ state, counts }: OperationRow): number {
  return state === 'running' ? 0 : counts.failed;
}

/** For those who listen: the end of an operation, or that it is late; null while there is nothing to say. */
export function operationSentence(operation: OperationRow): string | null {
  const title = operationTitle(operation);
  const { word } = operationState(operation);
  if (operation.state === 'running')
    return word === 'late' ? `${title}: late. ${lateSentence(operation)}` : null;
  const bulk = operation.counts.all > 1 ? ` ${countWords(operation)}.` : '';
  const said = operation.items.length === 1 ? (operation.items[0]?.text ?? '') : '';
  return `${title}: ${word}.${bulk}${operation.state === 'done' || said === '' ? '' : ` ${inertText(said)}`}`;
}

function lateSentence({ items }: OperationRow): string {
  const node = items.map((item) => (item.state === 'late' ? awaitedNode(item) : null)).find(Boolean);
  return node == null ? 'The cluster has not answered.' : `${inertName(node)} has not answered.`;
}
