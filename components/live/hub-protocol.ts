/**
 * What tabs and the hub of their browser say to each other. The hub owns the one live socket (ui.md 2.4); it runs in
 * a shared worker, or in the tab that leads where there is none. Both sides are of the same build, so nothing is
 * parsed again here. Moments are on the hub's clock and mean something only beside `sentMs` of the same frame.
 */

import type { LiveModel } from '../../server/wire/live.ts';
import type { ConnectionView } from './live-connection.ts';
import type { RowChange } from './live-rows.ts';
import type { HeardBeat, LiveCounters } from './live-state.ts';

export type TabMessage =
  /** First, after a new link, and when the session changed. `csrf` tells one session from another. */
  | { readonly type: 'hello'; readonly csrf: string; readonly visible: boolean }
  | { readonly type: 'visible'; readonly visible: boolean }
  /** The browser freezes the tab: send nothing until it wakes. */
  | { readonly type: 'asleep' }
  /** The tab came back: answer with a frame, and check the socket. */
  | { readonly type: 'woke' }
  /** The tab doubts the link: answer with a frame. */
  | { readonly type: 'ping' }
  | { readonly type: 'retryNow' }
  | { readonly type: 'watchJob' | 'unwatchJob'; readonly job: string }
  /** Figures of the bus: once a second while the tab is seen. */
  | { readonly type: 'watchBus' | 'unwatchBus' }
  /** The tab missed something. */
  | { readonly type: 'resync' }
  /** This tab signed out or in: the others must look again. */
  | { readonly type: 'sessionChanged' }
  | { readonly type: 'ack'; readonly frame: number }
  | { readonly type: 'bye' };

export type FrameData =
  | { readonly kind: 'snapshot'; readonly epoch: string; readonly seq: number; readonly model: LiveModel }
  | {
      readonly kind: 'changes';
      readonly epoch: string;
      readonly from: number;
      readonly seq: number;
      /** The gateway's stamp, of a single patch only. */
      readonly serverMs: number | null;
      readonly changes: readonly RowChange[];
    };

export type HubFrame = {
  readonly type: 'frame';
  readonly frame: number;
  readonly sentMs: number;
  /** How often frames come while nothing happens. */
  readonly everyMs: number;
  readonly connection: ConnectionView;
  readonly beat: HeardBeat | null;
  readonly counters: LiveCounters;
  readonly repairingSinceMs: number | null;
  readonly offsetMs: number | null;
  /** Null when nothing changed since the last frame of this tab. */
  readonly data: FrameData | null;
};

export type HubMessage =
  | HubFrame
  | { readonly type: 'job'; readonly job: unknown }
  | { readonly type: 'bus'; readonly told: BusTold }
  /** Ask GET /api/session again. */
  | { readonly type: 'session' }
  | { readonly type: 'signedOut' };

/** What the gateway said last when it was asked to tell the figures of the bus. */
export type BusTold =
  /** `figures` as they came, `ageMs` since then. */
  | { readonly type: 'figures'; readonly figures: unknown; readonly ageMs: number }
  | { readonly type: 'refused'; readonly code: string };

/** A tab in the background gets one frame in this time, with everything since the last one. */
export const BACKGROUND_EVERY_MS = 5_000;
/** Frames on the way to a tab that it has not confirmed; more wait and become one. */
export const FRAMES_UNCONFIRMED_MAX = 32;
export const BACKGROUND_FRAMES_UNCONFIRMED_MAX = 2;
/** Tabs of one browser; of more, the one that was silent longest is forgotten. */
export const TABS_MAX = 200;
/** Jobs that one tab watches. */
export const TAB_JOBS_MAX = 20;
/** The socket stays this long after the last tab left, for a page that only reloads. */
export const LINGER_MS = 3_000;
