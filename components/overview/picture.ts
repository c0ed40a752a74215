/**
 * What the verdicts of the overview are made from: members with the state and the flags that their rows show, links
 * between servers, and how old all this is. Pure.
 */

import { FRESHNESS } from '../../server/wire/freshness.ts';
import type { LiveModel, Row } from '../../server/wire/live.ts';
import type { VipPicture } from '../duravips/vip-picture.ts';
import type { Freshness } from '../live/freshness.ts';
import type { LogPicture } from '../logs/log-picture.ts';
import {
  disputedLinks,
  endsOf,
  type MemberFlag,
  type MemberState,
  memberFlags,
  stateOf,
} from '../members/member-flags.ts';
import { compareMembers, type Member } from '../members/member-words.ts';
import { type Matrix, matrixOf } from '../members/who-sees-whom.ts';

export type SeenMember = {
  readonly member: Member;
  readonly state: MemberState;
  readonly flags: readonly MemberFlag[];
  /** Since anything was heard of it, milliseconds; null for departed members and those never heard. */
  readonly heardMs: number | null;
};

export type Picture = {
  /** False until the first data: nothing is known, which is not the same as nothing there. */
  readonly loaded: boolean;
  readonly members: readonly SeenMember[];
  readonly matrix: Matrix;
  readonly bus: Row<'bus'> | undefined;
  readonly freshness: Freshness;
  /** Wall clock of the gateway, milliseconds since 1970; null before the first heartbeat. */
  readonly gatewayMs: number | null;
  /** The servers changed so lately that not everybody has said its new view. */
  readonly settling: boolean;
  readonly vips: VipPicture;
  readonly logs: LogPicture;
};

/** Every process says its view once a second: after this time a difference is one. */
export const SETTLE_MS = FRESHNESS.silentMemberMs;

const CHANGES: ReadonlySet<Row<'events'>['kind']> = new Set([
  'viewChanged',
  'joined',
  'rejoined',
  'departed',
  'busJoined',
]);

export type PictureInput = Pick<Picture, 'loaded' | 'freshness' | 'gatewayMs' | 'vips' | 'logs'> & {
  readonly model: Pick<LiveModel, 'members' | 'sightings' | 'bus' | 'events'>;
};

export function pictureOf({ model, loaded, freshness, gatewayMs, vips, logs }: PictureInput): Picture {
  const matrix = matrixOf(model.sightings);
  const bus = model.bus['bus'];
  const context = { busView: bus?.viewId ?? null, missingLinks: endsOf(disputedLinks(matrix)) };
  const members = Object.values(model.members)
    .sort(compareMembers)
    .map((member) => {
      const hop = freshness.members[member.id];
      return {
        member,
        state: stateOf(member, hop),
        flags: memberFlags(member, context),
        heardMs: member.state === 'departed' ? null : (hop?.ageMs ?? null),
      };
    });
  const changedMs = Math.max(
    0,
    ...Object.values(model.events).map((event) => (CHANGES.has(event.kind) ? event.atMs : 0)),
  );
  const settling = gatewayMs !== null && gatewayMs - changedMs < SETTLE_MS;
  return { loaded, members, matrix, bus, freshness, gatewayMs, settling, vips, logs };
}

export function inView(picture: Picture): readonly SeenMember[] {
  return picture.members.filter(({ state }) => state !== 'departed');
}

/** Processes with a configuration of their own. */
export function configured(picture: Picture): readonly SeenMember[] {
  return inView(picture).filter(({ member }) => member.role === 'node' || member.role === 'manager');
}

export function flagged(picture: Picture, flag: MemberFlag): readonly SeenMember[] {
  return picture.members.filter(({ flags }) => flags.includes(flag));
}
