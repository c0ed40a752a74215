/**
 * What consumers of the bus (cluster module, manager, dashboard) ask for and hear. The msgc_client core takes the
 * requests and emits the events; the wire between client and server is nobody else's business.
 * Guarantees: reference evs.md 2 (agreed order, views, same messages between two views).
 */

import type { GroupName, NodeName, PrivateName } from '../model/names.ts';

/** `safe` is delivered only once every server of the view holds the message. */
export type Service = 'agreed' | 'safe';

/** `session` names the mailbox: one TCP connection carries several, each with a private name of its own (R7). */
export type BusRequest =
  /** Remembered: after a reconnect the client joins again by itself (MSG-30). Idempotent. */
  | {
      readonly type: 'join';
      readonly session: string;
      readonly group: GroupName;
      readonly capabilities: Buffer;
    }
  | { readonly type: 'leave'; readonly session: string; readonly group: GroupName }
  /** To all members of the groups, once each, in agreed order; the sender need not be a member. */
  | {
      readonly type: 'publish';
      readonly session: string;
      readonly groups: readonly GroupName[];
      readonly service: Service;
      /** 16 bit application type. */
      readonly kind: number;
      readonly payload: Buffer;
    }
  /** To one mailbox. Nobody hears if that mailbox is gone by then. */
  | {
      readonly type: 'send';
      readonly session: string;
      readonly to: PrivateName;
      readonly kind: number;
      readonly payload: Buffer;
    };

/** Why a member is no longer there (R1). `backlog`: its connection was stuck and killed. */
export type LossCause = 'closed' | 'silence' | 'leave' | 'backlog';

export type GroupMember = { readonly name: PrivateName; readonly capabilities: Buffer };

export type GroupView = {
  readonly group: GroupName;
  /** Unique and strictly increasing for one observer; opaque text. Equal ids have equal members in equal order. */
  readonly viewId: string;
  /** Order agreed by all: order of servers in the bus view, then order of joining. */
  readonly members: readonly GroupMember[];
  /** `network`: the set of servers changed; otherwise one mailbox joined, left or was disconnected. */
  readonly cause: 'join' | 'leave' | 'disconnect' | 'network';
  readonly joined: readonly PrivateName[];
  readonly lost: readonly { readonly name: PrivateName; readonly cause: LossCause }[];
  /** The members that share this observer's history up to here (EVS transitional set, G4). */
  readonly transitional: readonly PrivateName[];
};

export type BusEvent =
  /** The connection to a server stands and all remembered joins were sent again. */
  | {
      readonly type: 'busConnected';
      /** `host:port` as configured. */
      readonly server: string;
      readonly serverNode: NodeName;
      readonly privateNames: ReadonlyMap<string, PrivateName>;
    }
  /** A server was reached and did not take this client, or was not believed. The list is tried on and on. */
  | { readonly type: 'busRefused'; readonly server: string; readonly reason: string }
  /** No connection. Everything known about groups is history from here on. */
  | { readonly type: 'busLost'; readonly reason: string }
  /** A group this client is in changed. A joiner's first event in a group is a view that contains it (G3). */
  | { readonly type: 'view'; readonly session: string; readonly view: GroupView }
  /** Follows `view` members lost with a network change; marks where the transitional configuration begins. */
  | { readonly type: 'transition'; readonly session: string; readonly group: GroupName }
  | {
      readonly type: 'message';
      /** The mailbox that receives it. */
      readonly session: string;
      /** The group through which it came; undefined for a private message. */
      readonly group: GroupName | undefined;
      /** Stamped by the sender's server, never taken from the client (G6). */
      readonly sender: PrivateName;
      readonly kind: number;
      readonly payload: Buffer;
    }
  /** The request was not accepted: bus down, too large, or the window is full. Nothing was queued. */
  | {
      readonly type: 'requestRefused';
      readonly request: BusRequest;
      readonly reason: 'busDown' | 'tooLarge' | 'backlog';
    };
