/**
 * Who had an address when, as stretches: events and blind intervals in, segments and sums out. Pure. What the gateway
 * did not see is neither owned nor unowned.
 */

import type { HistoryReply, Segment } from '../wire/duravip.ts';
import type { BlindInterval, OwnershipEvent } from './store-port.ts';

type Lane = HistoryReply['lanes'][number];
type Span = { readonly fromMs: number; readonly toMs: number };
type Stretch = Span &
  Pick<Segment, 'owner' | 'cause' | 'by'> & { readonly open: boolean; readonly claimed: boolean };

/**
 * @param events of this one address, in order; of those at or before the window the last counts.
 * @param blind in order, without overlaps.
 * @param window `nowMs` ends it: what will be is not known.
 */
export function laneOf(
  address: string,
  events: readonly OwnershipEvent[],
  blind: readonly BlindInterval[],
  window: Span & { readonly nowMs: number },
): Lane {
  const endMs = Math.min(window.toMs, window.nowMs);
  const span = { fromMs: window.fromMs, toMs: endMs };
  const open = window.toMs >= window.nowMs;
  const dark = blind.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs ?? Number.POSITIVE_INFINITY }));
  const states = statesOf(events, endMs);
  const seen = (given: readonly Span[]): number =>
    given
      .flatMap((one) => clipped(one, span))
      .flatMap((one) => cut(one, dark))
      .reduce((sum, part) => sum + (part.blind ? 0 : part.toMs - part.fromMs), 0);
  const segments = stretchesOf(states, open).flatMap((stretch) => segmentsOf(stretch, span, dark));
  return {
    address,
    segments: segments.sort((a, b) => a.fromMs - b.fromMs),
    unownedMs: seen(states.filter(({ holders }) => holders.length === 0)),
    overlapMs: seen(states.filter(({ holders }) => holders.length > 1)),
  };
}

type State = Span & { readonly event: OwnershipEvent; readonly holders: readonly string[] };

/** From each event to the next, the last one to the end of the window. */
function statesOf(events: readonly OwnershipEvent[], endMs: number): readonly State[] {
  return events.flatMap((event, index) => {
    const toMs = Math.min(events[index + 1]?.atMs ?? endMs, endMs);
    const { owner, claims, atMs } = event;
    const holders = [...new Set([...(owner === null ? [] : [owner]), ...claims])];
    return toMs < atMs ? [] : [{ event, holders, fromMs: atMs, toMs }];
  });
}

/** Those that follow each other and say the same of somebody are one. */
function stretchesOf(states: readonly State[], open: boolean): readonly Stretch[] {
  const done: Stretch[] = [];
  let running: Stretch[] = [];
  for (const [index, state] of states.entries()) {
    const isLast = open && index === states.length - 1;
    const now = heldIn(state, isLast);
    const going = now.map((stretch) => {
      const before = running.find(
        ({ owner, claimed, toMs }) =>
          owner === stretch.owner && claimed === stretch.claimed && toMs === stretch.fromMs,
      );
      if (before === undefined) return { before, stretch };
      const { fromMs, cause, by } = before;
      return { before, stretch: { ...stretch, fromMs, cause, by } };
    });
    done.push(...running.filter((stretch) => !going.some(({ before }) => before === stretch)));
    running = going.map(({ stretch }) => stretch);
  }
  return [...done, ...running];
}

function heldIn({ event, holders, fromMs, toMs }: State, open: boolean): readonly Stretch[] {
  const span = { fromMs, toMs, open };
  if (holders.length === 0) {
    return [{ ...span, owner: null, cause: event.cause, by: event.by, claimed: false }];
  }
  return holders.map((owner) =>
    owner === event.owner
      ? { ...span, owner, cause: event.cause, by: event.by, claimed: false }
      : { ...span, owner, cause: null, by: null, claimed: true },
  );
}

function segmentsOf(stretch: Stretch, window: Span, dark: readonly Span[]): readonly Segment[] {
  const { owner, cause, by, open } = stretch;
  const parts = clipped(stretch, window).flatMap((one) => cut(one, dark));
  return parts.map(({ fromMs, toMs, blind }, index) => {
    const still = open && index === parts.length - 1;
    return { owner, fromMs, toMs: still ? null : toMs, cause, by, blind };
  });
}

/** Nothing of it if it is empty. */
function clipped(span: Span, window: Span): readonly Span[] {
  const fromMs = Math.max(span.fromMs, window.fromMs);
  const toMs = Math.min(span.toMs, window.toMs);
  return fromMs < toMs ? [{ fromMs, toMs }] : [];
}

/** In parts that are wholly seen or wholly blind. */
function cut(span: Span, dark: readonly Span[]): readonly (Span & { readonly blind: boolean })[] {
  const parts: (Span & { blind: boolean })[] = [];
  let atMs = span.fromMs;
  for (const { fromMs, toMs } of dark.flatMap((one) => clipped(one, span))) {
    if (fromMs > atMs) parts.push({ fromMs: atMs, toMs: fromMs, blind: false });
    if (toMs > Math.max(atMs, fromMs)) parts.push({ fromMs: Math.max(atMs, fromMs), toMs, blind: true });
    atMs = Math.max(atMs, toMs);
  }
  if (atMs < span.toMs) parts.push({ fromMs: atMs, toMs: span.toMs, blind: false });
  return parts;
}
