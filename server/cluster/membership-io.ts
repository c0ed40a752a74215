/** What the membership table is told, and what it tells. */

import type { GroupName, PrivateName } from '../model/names.ts';
import type { GroupView, LossCause } from '../msgc/client-api.ts';
import type { MemberFacts } from './messages.ts';

export type MembershipOptions = {
  readonly clusterGroup: GroupName;
  /** How long departed members are kept. */
  readonly departedKeptMs: number;
  /** What happens to a member after five missed heartbeats (R4, ours; default `flag`). */
  readonly byzantineAction: 'flag' | 'exclude';
};

export type MembershipInput =
  /** `own`: who this member itself is; it is not asked. */
  | {
      readonly type: 'connected';
      readonly own: { readonly name: PrivateName; readonly facts: MemberFacts } | undefined;
    }
  /** Other options, or other facts of this member itself. */
  | {
      readonly type: 'configured';
      readonly clusterGroup: GroupName;
      readonly byzantineAction: 'flag' | 'exclude';
      readonly own: { readonly name: PrivateName; readonly facts: MemberFacts } | undefined;
    }
  /** This member itself left a group and hears no more of it. */
  | { readonly type: 'groupLeft'; readonly group: GroupName }
  | { readonly type: 'lost' }
  | { readonly type: 'view'; readonly view: GroupView }
  | { readonly type: 'answered'; readonly from: PrivateName; readonly facts: MemberFacts }
  | { readonly type: 'heartbeat'; readonly from: PrivateName; readonly intervalMs: number }
  /** Anything else of a member was heard. */
  | { readonly type: 'heard'; readonly from: PrivateName }
  | { readonly type: 'dismissed'; readonly name: PrivateName };

export type Happening = 'joined' | 'departed' | 'rejoined' | 'suspect' | 'recovered';

export type MembershipEffect =
  /** Ask this member who it is, by private message. */
  | { readonly type: 'ask'; readonly to: PrivateName }
  | {
      readonly type: 'happened';
      readonly what: Happening;
      readonly name: PrivateName;
      /** Node name, else private name. */
      readonly member: string;
      readonly cause: LossCause | undefined;
      readonly detail: string;
    }
  /** Records changed, other than in `heardAtMs`. */
  | { readonly type: 'changed' };
