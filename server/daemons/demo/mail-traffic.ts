/**
 * Numbered messages by real SMTP, from several addresses to several listeners, at a rate that is kept where the other
 * side allows it. What cannot be sent in time is not sent, and counted; nothing piles up.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { must } from '../../base/assert.ts';
import { Prng } from '../../base/prng.ts';
import { type MadeMessage, MailClient, type MailTarget, type SendOutcome } from './mail-client.ts';
import { NUMBER_FIELD } from './mail-sink.ts';

export type TrafficOptions = {
  /** At least one. */
  readonly targets: readonly MailTarget[];
  /** Local addresses; at least one. */
  readonly sources: readonly string[];
  /** Where the mail goes, and how often: shares relative to each other. */
  readonly domains: readonly { readonly domain: string; readonly share: number }[];
  readonly senderDomain: string;
  /** Messages, on average. */
  readonly perSecond: number;
  /** The rate and the shares swell and sink. */
  readonly inWaves: boolean;
  /** Sessions at the same time, at most. */
  readonly sessions: number;
  readonly messagesPerSession: number;
  readonly bodyBytes: number;
  /** Before the numbers, so that those of several runs differ: letters, digits, `-`. */
  readonly run: string;
  readonly seed: number;
  /** Of every message of which anything was sent. */
  readonly told?: (number: string, outcome: SendOutcome) => void;
};

export type TrafficCounters = Record<SendOutcome, number> & {
  /** Due, but no session was free. */
  skipped: number;
};

const TICK_MS = 50;
/** What is due and not sent is forgotten after so long. */
const PATIENCE_S = 1;
/** Before a session is tried again where none could be opened. */
const REST_MS = 500;
const WAVE_MS = 60_000;
/** Of the average. */
const WAVE_HEIGHT = 0.6;
/** Less than a supervisor waits for the end of a process. */
const STOP_LIMIT_MS = 3_000;
const LINE = 'This message was made by the traffic of a demo cluster. Nobody needs to read it.\r\n';

type Session = { readonly client: MailClient; sent: number; busy: boolean };

export class MailTraffic {
  readonly #options: TrafficOptions;
  readonly #prng: Prng;
  readonly #sessions: readonly Session[];
  readonly #body: string;
  readonly #work = new Set<Promise<void>>();
  readonly counters: TrafficCounters = {
    accepted: 0,
    deferred: 0,
    refused: 0,
    unreached: 0,
    unknown: 0,
    skipped: 0,
  };
  #made = 0;
  #due = 0;
  #lastMs = performance.now();
  readonly #startedMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#prng = new Prng(options.seed);
    this.#body = LINE.repeat(Math.ceil(options.bodyBytes / LINE.length));
    this.#sessions = Array.from({ length: options.sessions }, (_, index) => {
      const from = must(options.sources[index % options.sources.length], 'a source');
      const name = `client${index + 1}.${options.senderDomain}`;
      return { client: new MailClient({ name, from }), sent: 0, busy: false };
    });
  }

  start(): void {
    this.#lastMs = performance.now();
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /** Numbers that were given out so far. */
  get made(): number {
    return this.#made;
  }

  /** Starts nothing new, and waits until every message under way has an outcome; it is unknown where that takes long. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const limit = new AbortController();
    const late = wait(STOP_LIMIT_MS, true, { signal: limit.signal }).catch(() => false);
    const isLate = await Promise.race([Promise.all(this.#work).then(() => false), late]);
    limit.abort();
    for (const { client } of this.#sessions) {
      if (isLate) client.close();
      else client.quit();
    }
    await Promise.all(this.#work);
  }

  #tick(): void {
    const nowMs = performance.now();
    const { perSecond } = this.#options;
    this.#due += (perSecond * this.#wave(nowMs, 0) * (nowMs - this.#lastMs)) / 1_000;
    this.#lastMs = nowMs;
    for (const session of this.#sessions) {
      if (this.#due < 1) break;
      if (!session.busy) this.#begin(session);
    }
    const most = Math.max(1, perSecond * PATIENCE_S);
    if (this.#due <= most) return;
    this.counters.skipped += Math.floor(this.#due - most);
    this.#due = most;
  }

  /** @param phase 0 to 1 */
  #wave(nowMs: number, phase: number): number {
    if (!this.#options.inWaves) return 1;
    return 1 + WAVE_HEIGHT * Math.sin(2 * Math.PI * ((nowMs - this.#startedMs) / WAVE_MS + phase));
  }

  #begin(session: Session): void {
    session.busy = true;
    const work = this.#sendWhatIsDue(session).finally(() => {
      session.busy = false;
      this.#work.delete(work);
    });
    this.#work.add(work);
  }

  async #sendWhatIsDue(session: Session): Promise<void> {
    while (this.#timer !== undefined && this.#due >= 1) {
      if (session.client.target === undefined || session.sent >= this.#options.messagesPerSession) {
        session.sent = 0;
        const target = must(
          this.#options.targets[this.#prng.below(this.#options.targets.length)],
          'a target',
        );
        if (!(await session.client.open(target))) {
          this.counters.unreached += 1;
          await wait(REST_MS);
          return;
        }
        // Others may have sent it meanwhile.
        if (this.#due < 1) return;
      }
      this.#due -= 1;
      session.sent += 1;
      await this.#send(session.client);
    }
  }

  async #send(client: MailClient): Promise<void> {
    this.#made += 1;
    const number = `${this.#options.run}.${this.#made}`;
    const outcome = await client.send(this.#message(number));
    this.counters[outcome] += 1;
    this.#options.told?.(number, outcome);
  }

  #message(number: string): MadeMessage {
    const { senderDomain } = this.#options;
    const to = `reader${this.#prng.below(1_000)}@${this.#domain()}`;
    const from = `orders@${senderDomain}`;
    const head = [
      `From: ${from}`,
      `To: ${to}`,
      `Subject: Message ${number}`,
      `Message-ID: <${number}@${senderDomain}>`,
      `${NUMBER_FIELD}: ${number}`,
    ];
    return { from, to, text: `${head.join('\r\n')}\r\n\r\n${this.#body}` };
  }

  #domain(): string {
    const { domains } = this.#options;
    const nowMs = performance.now();
    const shares = domains.map(({ share }, index) => share * this.#wave(nowMs, index / domains.length));
    let left = this.#prng.unit() * shares.reduce((sum, share) => sum + share, 0);
    const index = shares.findIndex((share) => {
      left -= share;
      return left < 0;
    });
    return must(domains.at(index), 'a domain').domain;
  }
}
