/** What happened in one simulated schedule, as the checkers read it. */

import type { NodeName } from '../../../server/model/names.ts';
import type { BusEvent, BusRequest } from '../../../server/msgc/client-api.ts';
import type { Batch, BatchRef } from '../../../server/msgc/frames.ts';
import { type ProcessId, type View, viewIdText } from '../../../server/msgc/ids.ts';

/** `node/incarnation`. */
export type ProcessKey = string;
export type Phase = 'regular' | 'transitional';

export type Delivered = {
  readonly key: string;
  readonly origin: ProcessKey;
  readonly b: number;
  readonly gseq: number | undefined;
  readonly phase: Phase;
  readonly safe: boolean;
  readonly hash: number;
};

/** One view of one process: from its REG to the next. */
export type Stay = {
  readonly view: View;
  readonly id: string;
  /** Moment of the world at which the view was installed. */
  readonly atMs: number;
  readonly delivered: Delivered[];
  /** Hashes of own bodies in the order of sending. */
  readonly sent: number[];
  /** Position of TRANS in `delivered`, and who goes on together; undefined while the view stands. */
  transition: { readonly at: number; readonly together: readonly NodeName[] } | undefined;
};

export type ServerTrace = {
  readonly key: ProcessKey;
  readonly process: ProcessId;
  /** The first one is the view before any view. */
  readonly stays: Stay[];
  /** Ids of accepted attempts. */
  readonly accepted: Set<string>;
  /** Why its links went down. */
  readonly linksLost: string[];
  /** Died or left. */
  crashed: boolean;
};

export type Sent = {
  readonly origin: ProcessKey;
  readonly hash: number;
  readonly safe: boolean;
  readonly body: Buffer;
  /** Positions that the origin had delivered in this view when it sent. */
  readonly after: number;
};

export type ClientRecord =
  | { readonly type: 'request'; readonly request: BusRequest }
  | { readonly type: 'event'; readonly event: BusEvent };

export type ClientTrace = {
  readonly name: string;
  readonly host: NodeName;
  readonly records: ClientRecord[];
  killed: boolean;
};

export class History {
  readonly servers: ServerTrace[] = [];
  readonly clients: ClientTrace[] = [];
  readonly sent = new Map<string, Sent>();
  /** Id of the view in which a body was sent first, by origin and hash. */
  readonly bodies = new Map<string, string>();
  readonly views = new Map<string, View>();
  /** The view that was installed last, by anybody. */
  newestView: View | undefined = undefined;
  /** View ids under which two processes installed different contents. */
  readonly conflictingViews: string[] = [];
  readonly #nowMs: () => number;
  readonly #idOf = new WeakMap<View, string>();
  #hashA = 0x811c9dc5;
  #hashB = 0x1234567;

  /** @param nowMs the clock of the world. */
  constructor(nowMs: () => number = () => 0) {
    this.#nowMs = nowMs;
  }

  /** A number that differs when anything happened differently. */
  get hash(): string {
    return `${this.#hashA.toString(16)}${this.#hashB.toString(16)}`;
  }

  server(process: ProcessId): ServerTrace {
    const trace: ServerTrace = {
      key: processKey(process),
      process,
      stays: [],
      accepted: new Set(),
      linksLost: [],
      crashed: false,
    };
    const view: View = { id: { ctr: 0, coord: process.node, inc: process.inc }, members: [process] };
    trace.stays.push(this.#stay(view));
    this.servers.push(trace);
    return trace;
  }

  noteSent(trace: ServerTrace, view: View, batch: Batch): void {
    const hash = hashBytes(batch.body);
    const stay = trace.stays.at(-1);
    const after = stay?.delivered.length ?? 0;
    const key = this.#batchKey(view, batch);
    this.sent.set(key, { origin: trace.key, hash, safe: batch.safe, after, body: batch.body });
    const bodyKey = `${trace.key} ${hash}`;
    if (!this.bodies.has(bodyKey)) this.bodies.set(bodyKey, this.#id(view));
    stay?.sent.push(hash);
    this.mix(`sent ${trace.key} ${key} ${hash}`);
  }

  noteDelivered(trace: ServerTrace, view: View, batch: Batch, gseq: number | undefined, phase: Phase): void {
    const origin = view.members.find(({ node }) => node === batch.origin);
    const delivered: Delivered = {
      key: this.#batchKey(view, batch),
      origin: origin === undefined ? `${batch.origin}/?` : processKey(origin),
      b: batch.b,
      gseq,
      phase,
      safe: batch.safe,
      hash: hashBytes(batch.body),
    };
    trace.stays.at(-1)?.delivered.push(delivered);
    this.mix(`delivered ${trace.key} ${delivered.key} ${gseq} ${phase}`);
  }

  noteTransition(trace: ServerTrace, together: readonly NodeName[]): void {
    const stay = trace.stays.at(-1);
    if (stay !== undefined) stay.transition = { at: stay.delivered.length, together };
    this.mix(`transition ${trace.key} ${together.join()}`);
  }

  noteInstalled(trace: ServerTrace, view: View): void {
    const id = this.#id(view);
    const known = this.views.get(id);
    const text = view.members.map(processKey).join();
    if (known === undefined) this.views.set(id, view);
    else if (known.members.map(processKey).join() !== text) this.conflictingViews.push(id);
    trace.stays.push(this.#stay(view));
    this.newestView = view;
    this.mix(`installed ${trace.key} ${id} ${text}`);
  }

  mix(text: string): void {
    let a = this.#hashA;
    let b = this.#hashB;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x5bd1e995);
      b ^= b >>> 13;
    }
    this.#hashA = a >>> 0;
    this.#hashB = b >>> 0;
  }

  #stay(view: View): Stay {
    const atMs = this.#nowMs();
    return { view, id: this.#id(view), atMs, delivered: [], sent: [], transition: undefined };
  }

  #id(view: View): string {
    let id = this.#idOf.get(view);
    if (id === undefined) {
      id = viewIdText(view.id);
      this.#idOf.set(view, id);
    }
    return id;
  }

  #batchKey(view: View, { origin, b }: BatchRef): string {
    return `${this.#id(view)} ${origin} ${b}`;
  }
}

export function processKey({ node, inc }: ProcessId): ProcessKey {
  return `${node}/${inc}`;
}

export function regularPart(stay: Stay): readonly Delivered[] {
  return stay.transition === undefined ? stay.delivered : stay.delivered.slice(0, stay.transition.at);
}

export function transitionalPart(stay: Stay): readonly Delivered[] {
  return stay.transition === undefined ? [] : stay.delivered.slice(stay.transition.at);
}

/** Consecutive stays of one process. */
export function steps(trace: ServerTrace): readonly { readonly from: Stay; readonly to: Stay }[] {
  return trace.stays.slice(1).flatMap((to, index) => {
    const from = trace.stays[index];
    return from === undefined ? [] : [{ from, to }];
  });
}

function hashBytes(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
