/** A node with published logs on a disk in memory: its board, a writer, and whatever else touches the logs. */

import { must } from '../../server/base/assert.ts';
import { LogBoard } from '../../server/cluster/log-board.ts';
import { decodeMessage } from '../../server/cluster/messages.ts';
import { PanicLog } from '../../server/cluster/panic-log.ts';
import { WallClock } from '../../server/cluster/wall-clock.ts';
import type { JournalLog, JournalWriter } from '../../server/jlog/api.ts';
import { createLog, openLog } from '../../server/jlog/log.ts';
import { openWriter } from '../../server/jlog/writer.ts';
import type { LogJob } from '../../server/logs/api.ts';
import { MemoryDisk } from '../../server/memory/memory-store.ts';
import type { GroupName } from '../../server/model/names.ts';
import type { BusEvent, BusRequest } from '../../server/msgc/client-api.ts';

export const MAIN = '/var/log/main.cluster';
export const EPOCH_MS = 1_700_000_000_000;

const CONNECTED: BusEvent = {
  type: 'busConnected',
  server: '127.0.0.1:4809',
  serverNode: 'node1',
  privateNames: new Map(),
} as never;

export class LogBoardWorld {
  readonly disk = new MemoryDisk();
  readonly panics = new PanicLog(String);
  readonly jobs: LogJob[] = [];
  readonly board: LogBoard;
  readonly requests: BusRequest[] = [];
  readonly #store = this.disk.process();
  #writer: JournalWriter | undefined;
  nowMs = 0;
  #started = false;

  constructor(
    logs: Readonly<Record<string, string>> = { mainlog: MAIN },
    options: { readonly logGroup?: GroupName; readonly foreignWriter?: boolean } = {},
  ) {
    this.board = new LogBoard(
      {
        session: 'ec0-00001',
        places: {
          store: this.#store,
          diskOf: () => ({ freeBytes: 1e9, totalBytes: 1e10 }),
          written: (directory) => {
            const stats = directory === MAIN && !options.foreignWriter ? this.#writer?.stats() : undefined;
            return stats && { ...stats, waiting: 0, dropped: 0, problem: undefined };
          },
        },
        panics: this.panics,
        jobs: () => this.jobs,
        wall: new WallClock({ wallMs: EPOCH_MS, nowMs: 0 }),
      },
      { logs: new Map(Object.entries(logs)), logGroup: options.logGroup },
    );
  }

  /** Lines with numbers, `bytes` long, in segments of 4 KiB. */
  write(count: number, bytes = 100, subscribers: readonly string[] = ['master']): void {
    if (this.#writer === undefined) {
      createLog(this.#store, MAIN, { subscribers, unitBytes: 4_096 });
      const opened = openWriter(this.#store, MAIN);
      if (!opened.ok) throw opened.error;
      this.#writer = opened.value;
    }
    const wallUs = (EPOCH_MS + this.nowMs) * 1_000;
    for (let line = 0; line < count; line += 1) this.#writer.append([`${line} `.padEnd(bytes, 'x')], wallUs);
  }

  get log(): JournalLog {
    const log = openLog(this.#store, MAIN);
    if (!log.ok) throw log.error;
    return log.value;
  }

  /** A reader takes records and sets its checkpoint. */
  read(subscriber: string, records: number): void {
    const { log } = this;
    const subscribers = log.subscribers();
    const own = subscribers.ok ? subscribers.value.find(({ name }) => name === subscriber) : undefined;
    const read = log.readFrom(must(own?.position, 'it stands somewhere'), { records, bytes: 1e9 });
    if (!read.ok) throw read.error;
    log.checkpoint(subscriber, read.value.next);
  }

  /** Starts it where it was not; time goes by in steps of a second at most. @returns what was published meanwhile. */
  pass(ms: number): readonly BusRequest[] {
    const from = this.requests.length;
    if (!this.#started) {
      this.#started = true;
      this.requests.push(...this.board.step({ type: 'start' }, this.nowMs));
      this.requests.push(...this.board.step({ type: 'bus', event: CONNECTED }, this.nowMs));
    }
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, Math.max(this.nowMs + 1, this.board.deadlineMs ?? endMs));
      this.requests.push(...this.board.step({ type: 'deadlineReached' }, this.nowMs));
    }
    return this.requests.slice(from);
  }
}

/** Messages of one kind among requests. */
export function published<T extends 'logs'>(requests: readonly BusRequest[], type: T) {
  return requests.flatMap((request) => {
    if (request.type !== 'publish') return [];
    const decoded = decodeMessage(request.kind, request.payload);
    return decoded.ok && decoded.value.type === type ? [decoded.value] : [];
  });
}
