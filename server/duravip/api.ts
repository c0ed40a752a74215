/**
 * The vocabulary of DuraVIP, shared by its cores, by the node that runs them, by the dashboard that replicates them
 * and by the simulation. Algorithm and ids of invariants: reference vip.md 4 and 5; domain: momentum.md 5.
 *
 * Two cores meet here. The *member* replicates the table of ownership over the cluster group and says which addresses
 * this node should have. The *host* drives the addresses of this machine to that. Neither knows the other.
 */

import type { IpAddress, Network } from '../model/ip.ts';
import type { NodeName, PrivateName } from '../model/names.ts';

/** At most so many addresses are managed (momentum.md 5.1). */
export const VIPS_MAX = 10_240;

/** What one node says it may host at one address. Goes over the bus. */
export type VipOffer = {
  readonly address: IpAddress;
  /** Binding names, case-exact, in order of configuration; empty for an address that only listeners use. */
  readonly names: readonly string[];
  /** `multivip` for bindings, the scope name for listeners, such as `ESMTP_Listener` (A59). Differ: UNSAFE. */
  readonly services: readonly string[];
  readonly preference: NodeName | undefined;
  /** The address of the binding that this one moves with. */
  readonly follows: IpAddress | undefined;
  /** Why this node cannot host it although it is configured here, such as `no Topology holds it`. */
  readonly refused: string | undefined;
};

/** An offer with what only this host needs to know. */
export type LocalVip = VipOffer & {
  /** Undefined where `refused` says why. */
  readonly interface: string | undefined;
  /** Bits of the alias; 32 unless the Topology says otherwise, 128 for IPv6. */
  readonly prefix: number;
};

/** What the member takes from the configuration; every option may change at run time. */
export type VipPolicy = {
  /** `view_mature_time`. */
  readonly viewMatureMs: number;
  /** `view_balance_interval`. */
  readonly viewBalanceMs: number;
  /** `view_broadcast_interval`; 0 for never. */
  readonly viewBroadcastMs: number;
  /** `duravip_balance_set_size`, 2 or more (R3). */
  readonly balanceSetSize: number;
  /** `duravip_isolated` (ours): what a node does whose view holds no other configured node. */
  readonly isolated: 'serve' | 'drop';
};

/** What the host takes from the configuration. */
export type HostPolicy = {
  /** `if_check_interval`. */
  readonly ifCheckMs: number;
  /** `if_down_limit`. */
  readonly ifDownLimitMs: number;
  /** `arp_all_hosts`. */
  readonly arpAllHosts: boolean;
  /** `duravip_hook` (ours): program and first arguments, run as ARGV… `acquire|release` ADDRESS; undefined for none. */
  readonly hook: readonly string[] | undefined;
  /** `duravip_hook_timeout` (ours). */
  readonly hookTimeoutMs: number;
};

/** A view of the cluster group, as the bus delivers it. */
export type VipView = {
  /** Opaque; equal ids have equal members. */
  readonly id: string;
  /** In agreed order. `participant`: a node that runs DuraVIP; others only watch and never lead (R2). */
  readonly members: readonly {
    readonly name: PrivateName;
    readonly node: NodeName;
    readonly participant: boolean;
  }[];
  /** Those that share this member's history up to here (EVS transitional set). */
  readonly together: readonly PrivateName[];
  readonly lost: readonly {
    readonly name: PrivateName;
    readonly cause: 'closed' | 'silence' | 'leave' | 'backlog';
  }[];
};

export type VipMessage = { readonly kind: number; readonly payload: Buffer };

/** 16 bit application types of DuraVIP: 0x4d20 to 0x4d3f. The codec is `messages.ts`. */
export const VIP_KIND_FIRST = 0x4d20;
export const VIP_KIND_LAST = 0x4d3f;

/** Why an address has the owner it has. */
export type OwnerCause =
  /** First owner since all began, or since the address was configured. */
  | 'elected'
  /** The owner before was lost: its process died or its host fell silent. */
  | 'failure'
  /** The owner before left in order. */
  | 'leave'
  | 'balance'
  | 'preference'
  | 'operator'
  | 'drain'
  /** The configuration of a node changed. */
  | 'config'
  /** The owner before could not bring it up. */
  | 'plumbFailed'
  /** Two parts of the cluster met. */
  | 'merge'
  /** The owner before did not let go in time, or missed its heartbeats. */
  | 'suspect';

/** One address of the replicated table. The same at every member at the same epoch, except for moments. */
export type VipEntry = {
  readonly address: IpAddress;
  /** All binding names at this address, first those of the first participant. */
  readonly names: readonly string[];
  readonly services: readonly string[];
  /**
   * `unowned`: nobody can or may have it. `owned`. `moving`: `owner` lets go, `next` takes it when it has. `broken`:
   * names differ between nodes, nobody has it (momentum.md 5.5).
   */
  readonly phase: 'unowned' | 'owned' | 'moving' | 'broken';
  readonly owner: NodeName | undefined;
  readonly next: NodeName | undefined;
  /** What the owner said of the address on its host: `up` only once it is plumbed. */
  readonly state: 'up' | 'coming' | 'failed' | 'unknown';
  /** Why it failed, as the host said, or for whom the owner waits while it is `coming`; otherwise empty. */
  readonly text: string;
  readonly pinned: NodeName | undefined;
  /** Undefined without one, and while preferences conflict. */
  readonly preference: NodeName | undefined;
  readonly follows: IpAddress | undefined;
  readonly flags: { readonly unsafe: boolean; readonly conflict: boolean };
  readonly participants: readonly {
    readonly name: PrivateName;
    readonly node: NodeName;
    readonly names: readonly string[];
    readonly services: readonly string[];
    /** Undefined: could have it. Otherwise why not: refused by itself, draining, suspect, failed to plumb, immature. */
    readonly obstacle: string | undefined;
  }[];
  readonly cause: OwnerCause | undefined;
  /** Changes whenever owner, next or phase does; equal at all members. For compare-and-set. */
  readonly version: string;
  /** Moments of the member that is asked, on its own monotonic clock. */
  readonly viewSinceMs: number;
  readonly configSinceMs: number;
};

export type VipNode = {
  readonly node: NodeName;
  readonly name: PrivateName;
  readonly mature: boolean;
  readonly draining: boolean;
  readonly suspect: boolean;
  /** `duravip_balance_set_size` there; nodes that differ are warned about (R3). */
  readonly balanceSetSize: number;
  /** Hash of its table and the epoch it is of, as its last heartbeat said; undefined before the first. */
  readonly told: { readonly epoch: string; readonly table: string; readonly up: number } | undefined;
};

/** Reads of a replica, the same at a node and at a dashboard. */
export interface VipTable {
  /** False from a view that joins histories until all have said what they hold. */
  readonly synced: boolean;
  readonly viewId: string | undefined;
  /** Grows with each effective message; equal epochs of equal views have equal tables (D3). */
  readonly epoch: string;
  readonly leader: NodeName | undefined;
  /** Of this table at this epoch. */
  readonly hash: string;
  /** By address, in numeric order. */
  entries(): readonly VipEntry[];
  entry(address: IpAddress): VipEntry | undefined;
  nodes(): readonly VipNode[];
}

/** What an operator may ask; the console grammar is elsewhere. */
export type VipOrder =
  /** `what`: an address, a binding name, or a node whose addresses all move (A2). */
  | { readonly type: 'move'; readonly what: string; readonly to: string }
  | { readonly type: 'unpin'; readonly what: string }
  | { readonly type: 'drain' | 'undrain'; readonly node: string }
  | { readonly type: 'announceView' };

/** Who asked, for the history; `broadcast`: every node of the cluster was asked the same (VIP-17, VIP-18). */
export type VipAsker = { readonly user: string; readonly broadcast: boolean };

export type VipAnswer = { readonly ok: boolean; readonly text: string };

export type MemberInput =
  | { readonly type: 'start' }
  /** Hands all addresses over and then says `stopped`; at the latest after STOP_MS. */
  | { readonly type: 'stop' }
  | { readonly type: 'connected'; readonly name: PrivateName }
  | { readonly type: 'lost' }
  | { readonly type: 'view'; readonly view: VipView }
  | { readonly type: 'message'; readonly sender: PrivateName; readonly message: VipMessage }
  | { readonly type: 'offersChanged'; readonly offers: readonly VipOffer[] }
  | { readonly type: 'policyChanged'; readonly policy: VipPolicy }
  /** The host says what came up, went down or failed. */
  | { readonly type: 'host'; readonly reports: readonly HostReport[] }
  /** This process did not run for a while, or its guard let all addresses go: nothing is believed until confirmed. */
  | { readonly type: 'paused' };

export type MemberEffect =
  | { readonly type: 'publish'; readonly service: 'agreed' | 'safe'; readonly message: VipMessage }
  | { readonly type: 'send'; readonly to: PrivateName; readonly message: VipMessage }
  /** Differences of the wanted set, in order of configuration. What is released is acknowledged with a report. */
  | {
      readonly type: 'want';
      readonly acquire: readonly IpAddress[];
      readonly release: readonly IpAddress[];
      /** Those held already that neighbours must be told of again (after a merge or an announce). */
      readonly announce: readonly IpAddress[];
    }
  | { readonly type: 'happened'; readonly what: VipHappening }
  | { readonly type: 'stopped' };

/** For logs, history and `cluster duravip debug`. */
export type VipHappening =
  | {
      readonly type: 'owner';
      readonly address: IpAddress;
      readonly from: NodeName | undefined;
      readonly to: NodeName | undefined;
      readonly cause: OwnerCause;
      /** Of an operator's move. */
      readonly by: string | undefined;
    }
  | {
      readonly type: 'state';
      readonly address: IpAddress;
      readonly node: NodeName;
      readonly state: VipEntry['state'];
      readonly text: string;
    }
  | { readonly type: 'moving'; readonly address: IpAddress; readonly from: NodeName; readonly to: NodeName }
  | { readonly type: 'synced' | 'unsynced'; readonly viewId: string }
  | { readonly type: 'mature'; readonly node: NodeName }
  | { readonly type: 'drain' | 'undrain'; readonly node: NodeName; readonly by: string | undefined }
  | { readonly type: 'suspect' | 'cleared'; readonly node: NodeName }
  /** What this node offers changed while it was a member already, such as by a reload (VIP-16). */
  | { readonly type: 'config'; readonly node: NodeName }
  /** The network was told whose it is. Of watchers alone: the table knows nothing of it. */
  | { readonly type: 'told'; readonly address: IpAddress; readonly node: NodeName }
  /** All members were asked to say again what they offer and hold (VIP-15). */
  | { readonly type: 'announced'; readonly by: string | undefined }
  | { readonly type: 'setSizesDiffer'; readonly sizes: Readonly<Record<string, number>> }
  | { readonly type: 'diverged'; readonly node: NodeName }
  | { readonly type: 'debug'; readonly text: string };

export type HostReport =
  | { readonly address: IpAddress; readonly state: 'up' | 'down' }
  /** Tried as often as it may be and given up. */
  | { readonly address: IpAddress; readonly state: 'failed'; readonly text: string }
  /** What made it fail is over: its interface is up again. */
  | { readonly address: IpAddress; readonly state: 'well' };

export type HostInput =
  | { readonly type: 'start' }
  /** Removes everything at once. */
  | { readonly type: 'stop' }
  /** All addresses this host may ever have: what of them is found and not wanted is removed (clean slate). */
  | { readonly type: 'vipsChanged'; readonly vips: readonly LocalVip[] }
  | { readonly type: 'policyChanged'; readonly policy: HostPolicy }
  | ({ readonly type: 'want' } & Omit<Extract<MemberEffect, { type: 'want' }>, 'type'>)
  /** What another node said of its neighbours. */
  | { readonly type: 'neighboursHeard'; readonly entries: readonly Neighbour[] }
  /** Somebody joined: all neighbours are said again, not only differences. */
  | { readonly type: 'sayNeighbours' }
  | { readonly type: 'fact'; readonly fact: HostFact };

export type HostEffect =
  | { readonly type: 'do'; readonly command: HostCommand }
  | { readonly type: 'report'; readonly reports: readonly HostReport[] }
  /** Listeners on this address may start, or must stop before the address goes. */
  | { readonly type: 'service'; readonly address: IpAddress; readonly run: boolean }
  /** The network was told of these for the first time since they came up, or since it had to be told again. */
  | { readonly type: 'announced'; readonly addresses: readonly IpAddress[] }
  /** Neighbours seen since the last time, for the other nodes; who is seen no more grows old there. */
  | { readonly type: 'neighbours'; readonly entries: readonly Neighbour[] }
  | {
      readonly type: 'happened';
      readonly text: string;
      readonly address: IpAddress | undefined;
      readonly bad: boolean;
    };

export type PlacedAddress = {
  readonly address: IpAddress;
  readonly prefix: number;
  readonly interface: string;
};

/** Whoever does what a host core commands. It never throws: what fails comes back as a fact. */
export interface HostAdapter {
  perform(command: HostCommand): void;
  /** Removes every address that it has added, then ends. No fact comes after it. */
  close(): Promise<void>;
}

/** What the adapter of this host does; each `id` comes back in a fact. */
export type HostCommand =
  | { readonly type: 'survey'; readonly id: number }
  | {
      readonly type: 'change';
      readonly id: number;
      readonly remove: readonly PlacedAddress[];
      readonly add: readonly PlacedAddress[];
    }
  /** Tells these hosts one by one whose the address is; without hosts the network and its gateways. */
  | {
      readonly type: 'announce';
      readonly address: IpAddress;
      readonly interface: string;
      readonly hosts: readonly IpAddress[];
    }
  | { readonly type: 'readNeighbours'; readonly id: number }
  | {
      readonly type: 'hook';
      readonly id: number;
      /** Program and first arguments; event and address follow. */
      readonly program: readonly string[];
      readonly limitMs: number;
      readonly event: 'acquire' | 'release';
      readonly address: IpAddress;
    };

export type HostFact =
  | {
      readonly type: 'surveyed';
      readonly id: number;
      readonly addresses: readonly PlacedAddress[];
      readonly interfaces: readonly {
        readonly name: string;
        /** It is on and hears its network. */
        readonly up: boolean;
        /** Whom it reaches without a gateway. */
        readonly networks: readonly Network[];
      }[];
    }
  | {
      readonly type: 'changed';
      readonly id: number;
      /** Only those that failed, with what the system said. */
      readonly failed: readonly { readonly address: IpAddress; readonly text: string }[];
    }
  | { readonly type: 'neighbours'; readonly id: number; readonly entries: readonly Neighbour[] }
  | { readonly type: 'hooked'; readonly id: number; readonly problem: string | undefined }
  /** The system said that an interface or an address changed; a survey follows. */
  | { readonly type: 'linkChanged' }
  | { readonly type: 'notAnnounced'; readonly address: IpAddress; readonly text: string }
  /** The network was told whose these are; each that was commanded without hosts, as soon as it is out. */
  | { readonly type: 'announced'; readonly addresses: readonly IpAddress[] }
  /**
   * The guard let all addresses go, or died and was started anew with a clean slate. The host wants nothing any more,
   * and the member has to be told `paused`.
   */
  | { readonly type: 'dropped'; readonly text: string }
  /** A command could not be done at all, such as `ip` missing. */
  | { readonly type: 'impossible'; readonly id: number; readonly text: string };

export type Neighbour = {
  readonly address: IpAddress;
  /** `00:e0:81:63:5c:e8` */
  readonly mac: string;
  /** Seconds since it was last confirmed. */
  readonly ageSeconds: number;
};

/** What leaves or comes on top of a replica, for what-if (D7). */
export type WhatIfChange = {
  /** Nodes that leave now. */
  readonly without: readonly NodeName[];
  /** Nodes that drain. */
  readonly drained: readonly NodeName[];
};

export type WhatIf = {
  readonly viewId: string;
  readonly epoch: string;
  readonly moves: readonly {
    readonly address: IpAddress;
    readonly from: NodeName | undefined;
    readonly to: NodeName | undefined;
    /** It leaves the node that it prefers. */
    readonly losesPreference: boolean;
  }[];
  /** Addresses per node, before and after. */
  readonly loads: readonly { readonly node: NodeName; readonly before: number; readonly after: number }[];
};
