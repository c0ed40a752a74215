/**
 * A tab's side of the hub: tells it when the tab shows, sleeps and wakes, and hands its frames to the store. Renews a
 * link that does not answer. Opens no socket.
 */

import { FRESHNESS, HEARTBEAT_INTERVAL_MS } from '../../server/wire/freshness.ts';
import { bestLinkKind, type HubLink, type LinkKind, type LinkOpener, openHubLink } from './hub-link.ts';
import type { BusTold, HubFrame, HubMessage, TabMessage } from './hub-protocol.ts';
import { LINKS_FRUITLESS_MAX, type LinkInput, LinkWatch } from './link-watch.ts';
import { SLEEP_GAP_MS } from './live-connection.ts';
import type { LiveStore } from './live-store.ts';

export type LiveClientPorts = {
  readonly onJob: (job: unknown) => void;
  readonly onSession: () => void;
  readonly onSignedOut: () => void;
  readonly openLink?: LinkOpener;
};

const SLEEP_CHECK_MS = 1_000;

export class LiveClient {
  readonly #store: LiveStore;
  readonly #ports: LiveClientPorts;
  readonly #watch = new LinkWatch();
  readonly #watchedJobs = new Map<string, number>();
  readonly #busListeners = new Set<(told: BusTold) => void>();
  #kind: LinkKind = 'own';
  #link: HubLink | undefined;
  #csrf = '';
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #checkedMs = 0;
  #heardMs = 0;
  #everyMs = HEARTBEAT_INTERVAL_MS;

  constructor(store: LiveStore, ports: LiveClientPorts) {
    this.#store = store;
    this.#ports = ports;
  }

  /** @param csrf of the session. @returns a function that closes everything. */
  start(csrf: string): () => void {
    this.#csrf = csrf;
    this.#kind = bestLinkKind();
    const listening = new AbortController();
    const { signal } = listening;
    for (const name of ['online', 'focus'] as const) window.addEventListener(name, this.#woke, { signal });
    window.addEventListener('pagehide', () => this.#post({ type: 'bye' }), { signal });
    window.addEventListener('pageshow', (event) => (event.persisted ? this.#open(false) : this.#woke()), {
      signal,
    });
    document.addEventListener('visibilitychange', this.#shown, { signal });
    document.addEventListener('freeze', this.#froze, { signal });
    document.addEventListener('resume', this.#woke, { signal });
    this.#checkedMs = performance.now();
    const sleepCheck = setInterval(() => this.#checkSleep(), SLEEP_CHECK_MS);
    this.#open(false);
    return () => {
      listening.abort();
      clearInterval(sleepCheck);
      clearTimeout(this.#deadline);
      this.#post({ type: 'bye' });
      this.#link?.close();
      this.#link = undefined;
    };
  }

  /** The account behind this browser changed. */
  renewSession(csrf: string): void {
    if (csrf === this.#csrf) return;
    this.#csrf = csrf;
    this.#hello();
  }

  /** This tab signed out: the others must not wait until the gateway tells them. */
  sessionChanged(): void {
    this.#post({ type: 'sessionChanged' });
  }

  retryNow(): void {
    this.#post({ type: 'retryNow' });
  }

  /** Ask for the progress of a job, also after a reconnect. @returns a function that ends it. */
  watchJob(job: string): () => void {
    const watchers = this.#watchedJobs.get(job) ?? 0;
    this.#watchedJobs.set(job, watchers + 1);
    if (watchers === 0) this.#post({ type: 'watchJob', job });
    return () => {
      const left = (this.#watchedJobs.get(job) ?? 1) - 1;
      if (left > 0) {
        this.#watchedJobs.set(job, left);
        return;
      }
      this.#watchedJobs.delete(job);
      this.#post({ type: 'unwatchJob', job });
    };
  }

  /** Ask for the figures of the bus, also after a reconnect. @returns a function that ends it. */
  watchBus(listener: (told: BusTold) => void): () => void {
    this.#busListeners.add(listener);
    // Also when another part of this page watches it: the answer brings what was told last.
    this.#post({ type: 'watchBus' });
    return () => {
      this.#busListeners.delete(listener);
      if (this.#busListeners.size === 0) this.#post({ type: 'unwatchBus' });
    };
  }

  #open(takeOver: boolean): void {
    this.#link?.close();
    const kind = this.#kind;
    this.#link = (this.#ports.openLink ?? openHubLink)(kind, takeOver, {
      message: (message) => this.#heard(message),
      newHub: () => this.#hello(),
      failed: () => {
        if (this.#kind !== kind) return;
        this.#kind = kind === 'worker' && navigator.locks !== undefined ? 'elected' : 'own';
        this.#open(false);
      },
    });
    this.#hello();
    this.#step('opened');
  }

  #hello(): void {
    this.#post({ type: 'hello', csrf: this.#csrf, visible: !document.hidden });
    for (const job of this.#watchedJobs.keys()) this.#post({ type: 'watchJob', job });
    if (this.#busListeners.size > 0) this.#post({ type: 'watchBus' });
  }

  #post(message: TabMessage): void {
    this.#link?.post(message);
  }

  #heard(message: HubMessage): void {
    switch (message.type) {
      case 'frame':
        this.#framed(message);
        return;
      case 'job':
        this.#ports.onJob(message.job);
        return;
      case 'bus':
        for (const listener of this.#busListeners) listener(message.told);
        return;
      case 'session':
        this.#ports.onSession();
        return;
      case 'signedOut':
        this.#ports.onSignedOut();
        return;
    }
  }

  #framed(frame: HubFrame): void {
    const nowMs = performance.now();
    this.#heardMs = nowMs;
    this.#everyMs = frame.everyMs;
    this.#post({ type: 'ack', frame: frame.frame });
    this.#step('heard');
    const { data, beat, connection, counters, offsetMs } = frame;
    const here = (hubMs: number): number => hubMs - frame.sentMs + nowMs;
    const hereOrNull = (hubMs: number | null): number | null => (hubMs === null ? null : here(hubMs));
    let missing = false;
    if (data?.kind === 'snapshot') {
      const snapshot = { ...data, serverMs: 0, rejectedRows: 0 };
      missing = this.#store.apply({ type: 'snapshot', snapshot }, nowMs);
    } else if (data?.kind === 'changes') {
      missing = this.#store.apply({ type: 'patch', patch: { ...data, rejectedRows: 0 } }, nowMs);
    }
    const status = {
      connected: connection.lostSinceMs === null,
      beat: beat && { ...beat, receivedMs: here(beat.receivedMs) },
      beatEveryMs: frame.everyMs,
      counters,
      repairingSinceMs: hereOrNull(frame.repairingSinceMs),
      offsetMs,
    };
    missing = this.#store.apply({ type: 'status', status }, nowMs) || missing;
    this.#store.setConnection({
      ...connection,
      lostSinceMs: hereOrNull(connection.lostSinceMs),
      retryAtMs: hereOrNull(connection.retryAtMs),
    });
    if (missing) this.#post({ type: 'resync' });
  }

  readonly #shown = (): void => {
    const visible = !document.hidden;
    this.#post({ type: 'visible', visible });
    this.#step(visible ? 'shown' : 'hidden');
    if (visible) this.#woke();
  };

  readonly #froze = (): void => {
    this.#post({ type: 'asleep' });
    this.#away();
  };

  readonly #woke = (): void => {
    if (performance.now() - this.#heardMs > this.#everyMs + FRESHNESS.staleMs) this.#away();
    this.#post({ type: 'woke' });
    this.#step('asked');
  };

  /** What changes from here on happened while nobody could see it. */
  #away(): void {
    if (this.#store.newest.awayModel === null) this.#store.apply({ type: 'lost' }, performance.now());
  }

  #checkSleep(): void {
    const nowMs = performance.now();
    const gapMs = nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    if (gapMs > SLEEP_GAP_MS) this.#woke();
  }

  #step(input: LinkInput): void {
    const effect = this.#watch.step(input, performance.now());
    if (effect === 'ask') this.#post({ type: 'ping' });
    if (effect === 'relink') {
      if (this.#watch.fruitless >= LINKS_FRUITLESS_MAX) this.#kind = 'own';
      this.#open(true);
    }
    clearTimeout(this.#deadline);
    const { deadlineMs } = this.#watch;
    if (deadlineMs === undefined) return;
    const waitMs = Math.max(0, deadlineMs - performance.now()) + 1;
    this.#deadline = setTimeout(() => this.#step('deadlineReached'), waitMs);
  }
}
