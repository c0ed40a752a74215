/** What a cluster process hosts on its bus connection: the cluster module of a node, or the manager. */

import type { Core, DeadlineReached } from '../base/core.ts';
import type { CommandReply, CommandSource } from '../console/api.ts';
import type { BusEvent, BusRequest } from '../msgc/client-api.ts';
import type { MembershipEffect } from './membership-io.ts';

export type AppInput =
  | { readonly type: 'start' | 'stop' }
  | { readonly type: 'bus'; readonly event: BusEvent }
  /** Links, views or reach of the own server changed. */
  | { readonly type: 'serverChanged' };

export type AppEffect =
  | { readonly type: 'bus'; readonly request: BusRequest }
  /** The results buffer changed and must be saved. */
  | { readonly type: 'persistResults' }
  /** A command over the bus asked for it; its reply is on the way. */
  | { readonly type: 'shutdown'; readonly user: string }
  | { readonly type: 'executed'; readonly user: string; readonly command: string; readonly ok: boolean }
  | Exclude<MembershipEffect, { type: 'ask' }>;

export interface ProcessApp extends Core<AppInput | DeadlineReached, AppEffect> {
  /** Answers a command of a control listener; the effects are performed before the reply is sent. */
  command(
    text: string,
    source: CommandSource,
    nowMs: number,
  ): { readonly reply: CommandReply; readonly effects: readonly AppEffect[] };
}
