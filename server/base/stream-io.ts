/**
 * Byte streams as facts and commands, so that one TCP adapter (and one in-memory network) serves every core.
 *
 * A connection is a number, unique within one adapter: odd numbers are chosen by the core that dials, even numbers
 * by the adapter for what it accepted. After `closed` a number is never used again.
 */

export type StreamInput =
  /** A peer connected to the listener. */
  | { readonly type: 'accepted'; readonly conn: number; readonly local: string; readonly remote: string }
  /** An earlier `dial` succeeded. */
  | { readonly type: 'connected'; readonly conn: number; readonly local: string; readonly remote: string }
  /** Bytes in order; cut anywhere. The receiver owns the buffer. */
  | { readonly type: 'received'; readonly conn: number; readonly bytes: Buffer }
  /** The operating system took bytes: `pendingBytes` of what was written still wait in this process. */
  | { readonly type: 'drained'; readonly conn: number; readonly pendingBytes: number }
  /** The stream ended, failed, could not be dialled, or was closed by this side. Exactly once for a connection. */
  | {
      readonly type: 'closed';
      readonly conn: number;
      readonly reason: StreamCloseReason;
      readonly detail: string;
    };

/** `ended`: the peer's FIN; `reset`: RST or another socket error; `refused`, `timeout`: a dial failed; `local`: we closed. */
export type StreamCloseReason = 'ended' | 'reset' | 'refused' | 'timeout' | 'local';

export type StreamEffect =
  | {
      readonly type: 'dial';
      readonly conn: number;
      readonly host: string;
      readonly port: number;
      /** Local source address; undefined lets the system choose. */
      readonly bindAddress: string | undefined;
      readonly timeoutMs: number;
    }
  /** Bytes to send, in order. The adapter owns the buffer; the core must not change it afterwards. */
  | { readonly type: 'write'; readonly conn: number; readonly bytes: Buffer }
  /** Stops, or resumes, reading. */
  | { readonly type: 'pause' | 'resume'; readonly conn: number }
  /** `end` sends what is queued and then FIN; `destroy` drops the queue. Both are answered by `closed`. */
  | { readonly type: 'end' | 'destroy'; readonly conn: number };
