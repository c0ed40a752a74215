/** What the bus benchmark tells its processes, and what they tell back. */

export type Endpoint = { readonly node: string; readonly host: string; readonly port: number };

/** `bus`: servers and clients of msgc. `bare`: the same processes, packets passed on unread and without order. */
export type Wiring = 'bus' | 'bare';

export type ChildOrder =
  | {
      readonly do: 'serve';
      readonly wiring: Wiring;
      readonly me: Endpoint;
      readonly peers: readonly Endpoint[];
      readonly maxBacklog: number;
      /** `silence_timeout`; undefined for its default. */
      readonly silenceMs: number | undefined;
    }
  | {
      readonly do: 'connect';
      readonly wiring: Wiring;
      readonly session: string;
      readonly server: Endpoint;
      readonly maxBacklog: number;
      /** Nobody is expected to leave: a smaller group or a lost server is a problem. */
      readonly steady: boolean;
    }
  | ({ readonly do: 'send' } & Sending)
  /** Say `received` once so many have come since the last reset. */
  | { readonly do: 'await'; readonly messages: number }
  /** Ends with the file written. */
  | { readonly do: 'profileEnd'; readonly file: string }
  | { readonly do: 'reset' | 'report' | 'profile' | 'leave' };

export type Sending = {
  readonly bytes: number;
  /** Own messages in flight. */
  readonly window: number;
  /** Messages published in one turn of the event loop at most. */
  readonly burst: number;
  /** Undefined: as many as the window allows. */
  readonly perSecond: number | undefined;
  readonly forMs: number;
  /** The finest spacing of paced messages: what is due within it is sent together. */
  readonly tickMs: number;
  /** A flood goes on for so many messages of this sender, at most FLOOD_MAX_MS. */
  readonly atLeast: number;
};

/** Longest flood: on a loaded machine the code is still cold after the usual time. */
export const FLOOD_MAX_MS = 15_000;

export type ChildReport = {
  readonly received: number;
  /** First message and the last one that was timed, on the machine's monotonic clock; 0 without any. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Messages after the first, up to the last one that was timed. */
  readonly timed: number;
  /** One way, of every sixteenth message: LatencyHistogram.counts. */
  readonly latencies: readonly number[];
  /** Processor time since the last reset. */
  readonly userUs: number;
  readonly systemUs: number;
  /** System calls that read or wrote since the last reset, this report's own two among them. NaN: not told here. */
  readonly reads: number;
  readonly writes: number;
  /** Since the process started. */
  readonly peakRssBytes: number;
};

export type ChildNews =
  /** `members`: of the view of a server, or of the group of a client; a bare end knows only itself. `atMs`: sharedNowMs. */
  | { readonly news: 'ready'; readonly members: number; readonly atMs: number }
  | { readonly news: 'sent'; readonly messages: number }
  | { readonly news: 'reset' | 'received' | 'profiling' | 'profiled' }
  | { readonly news: 'problem'; readonly text: string }
  | { readonly news: 'report'; readonly report: ChildReport };
