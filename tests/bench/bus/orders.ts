/** What the bus benchmark tells its processes, and what they tell back. */

export type Endpoint = { readonly node: string; readonly host: string; readonly port: number };

/** `bus`: servers and clients of msgc. `bare`: the same processes and hops, bytes passed on unread and without order. */
export type Wiring = 'bus' | 'bare';

export type ChildOrder =
  | {
      readonly do: 'serve';
      readonly wiring: Wiring;
      readonly me: Endpoint;
      readonly peers: readonly Endpoint[];
    }
  | { readonly do: 'connect'; readonly wiring: Wiring; readonly session: string; readonly server: Endpoint }
  | ({ readonly do: 'send' } & Sending)
  | { readonly do: 'reset' | 'report' };

export type Sending = {
  readonly bytes: number;
  /** Own messages in flight. */
  readonly window: number;
  /** Undefined: as many as the window allows. */
  readonly perSecond: number | undefined;
  readonly forMs: number;
};

export type ChildReport = {
  readonly received: number;
  /** First and last of them, on the machine's monotonic clock. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** One way, of every sixteenth message, at most LATENCIES_MAX. */
  readonly latenciesMs: readonly number[];
  readonly cpuMs: number;
  readonly rssBytes: number;
};

export type ChildNews =
  /** `members`: of the view of a server, or of the group of a client; a bare end knows only itself. */
  | { readonly news: 'ready'; readonly members: number }
  | { readonly news: 'sent' | 'reset' }
  | { readonly news: 'problem'; readonly text: string }
  | { readonly news: 'report'; readonly report: ChildReport };

export const LATENCIES_MAX = 20_000;
