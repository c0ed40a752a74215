/**
 * What the dashboard's observer offers to the gateway. The observer is a bus client in `ec_console`, `ec_cluster`
 * and `ec_status`; it replicates membership from the same ordered events as the nodes and carries commands.
 */

import type { Result } from '../base/result.ts';
import type { VipHappening, VipTable, WhatIf, WhatIfChange } from '../duravip/api.ts';
import type { BusFigures, BusServerFigures } from '../wire/bus.ts';
import type { CommandTarget } from '../wire/http.ts';
import type { CollectionName, LiveModel, OwnCollection } from '../wire/live.ts';
import type { Query } from '../wire/options.ts';

/** One row of the live model was set, or removed (`row: null`). */
export type ModelChange = { readonly c: CollectionName; readonly k: string; readonly row: unknown | null };

export type AskedNode = { readonly node: string; readonly privateName: string };

export type ObserverEvent =
  /** Rows changed because of one bus event; `receivedWallMs` is when that event arrived in this process. */
  | { readonly type: 'changed'; readonly changes: readonly ModelChange[]; readonly receivedWallMs: number }
  /** The complete reply of one node to one command, also long after the job ended. */
  | {
      readonly type: 'reply';
      readonly request: string;
      readonly node: string;
      readonly ok: boolean;
      readonly text: string;
      readonly receivedWallMs: number;
    }
  /** A node that was asked left the view before it answered (`leave`, `closed`) or fell silent (`silence`). */
  | {
      readonly type: 'askedGone';
      readonly request: string;
      readonly node: string;
      readonly cause: 'closed' | 'silence' | 'leave' | 'backlog';
    }
  /** What happened to addresses, as the replica of DuraVIP saw it, in agreed order; its rows come with `changed`. */
  | {
      readonly type: 'vips';
      readonly happenings: readonly VipHappening[];
      readonly receivedWallMs: number;
    };

export type SendRefusal =
  | { readonly code: 'busDown' }
  /** The names that are no present node, or the subcluster without nodes; nothing was sent (A21). */
  | { readonly code: 'unknownTarget'; readonly names: readonly string[] }
  | { readonly code: 'tooLarge' };

/** What a server said of a link, with the totals from which rates come. */
export type KnownLink = Readonly<BusServerFigures['links'][number]> & {
  /** Since the start of the server. */
  readonly traffic: {
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly messagesIn: number;
    readonly messagesOut: number;
  };
};

export type KnownServer = Readonly<Omit<BusServerFigures, 'links'>> & {
  readonly links: readonly KnownLink[];
  /** Views that it installed since its start. */
  readonly viewChanges: number;
};

/** The figures of all servers that said any, by name; of those that are gone the last ones. */
export type KnownBus = { readonly servers: readonly KnownServer[]; readonly groups: BusFigures['groups'] };

/** The observer as the gateway sees it. `memory/` has one for tests of the gateway. */
export interface Observer {
  /** Everything known now, without `rehearsal` (that comes from the supervisor). */
  model(): Omit<LiveModel, OwnCollection>;
  /** Member id to milliseconds since it was last heard; departed members are absent. */
  memberAgesMs(): Readonly<Record<string, number>>;
  /** Milliseconds since anything came from the bus; undefined if never. */
  busAgeMs(): number | undefined;
  /** Links, views and groups of the servers of the bus, as they said last. */
  bus(): KnownBus;
  /** The replicated table of DuraVIP; undefined before anything of it was heard. */
  vips(): VipTable | undefined;
  /** The nodes' own election on the present table; undefined before the first synchronised view. */
  whatIf(change: WhatIfChange): WhatIf | undefined;
  /**
   * Sends a console command on the bus, at once or not at all.
   * @param request unique id under which replies arrive; chosen by the caller, at most 64 characters.
   */
  send(request: string, command: string, target: CommandTarget): Result<readonly AskedNode[], SendRefusal>;
  /**
   * Asks one present node or manager about itself; the answer arrives as event `reply`, its text JSON of the query.
   * @param request as for `send`. @param about JSON, for questions about something.
   */
  query(request: string, memberId: string, what: Query, about?: string): Result<AskedNode, SendRefusal>;
  /** Forgets a departed member. False if there is no such departed member. */
  dismiss(memberId: string): boolean;
  /** @returns a function that ends the subscription. */
  subscribe(listener: (event: ObserverEvent) => void): () => void;
}
