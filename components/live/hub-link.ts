/**
 * How a tab reaches the hub of its browser: a shared worker where there is one; else the tab that leads, elected by a
 * lock; else a hub of its own. Carries messages and knows nothing of what they say.
 */

import type { HubMessage, TabMessage } from './hub-protocol.ts';
import type { HubShell } from './hub-shell.ts';

export type LinkKind = 'worker' | 'elected' | 'own';

export type HubLink = {
  readonly post: (message: TabMessage) => void;
  readonly close: () => void;
};

export type LinkEvents = {
  readonly message: (message: HubMessage) => void;
  /** Another hub took over: it knows nothing of this tab. */
  readonly newHub: () => void;
  /** This kind of link does not work in this browser. */
  readonly failed: () => void;
};

export type LinkOpener = (kind: LinkKind, takeOver: boolean, events: LinkEvents) => HubLink;

export function bestLinkKind(): LinkKind {
  if (typeof SharedWorker !== 'undefined') return 'worker';
  const elects = typeof BroadcastChannel !== 'undefined' && navigator.locks !== undefined;
  return elects ? 'elected' : 'own';
}

/** @param takeOver the hub that there was does not answer. */
export const openHubLink: LinkOpener = (kind, takeOver, events) => {
  switch (kind) {
    case 'worker':
      return workerLink(events);
    case 'elected':
      return new ElectedLink(takeOver, events);
    case 'own':
      return ownLink(events);
  }
};

function workerLink(events: LinkEvents): HubLink {
  const worker = new SharedWorker(new URL('./live-worker.ts', import.meta.url), { name: 'muster-live' });
  worker.addEventListener('error', events.failed);
  const { port } = worker;
  port.addEventListener('message', ({ data }: MessageEvent<HubMessage>) => events.message(data));
  port.start();
  return {
    post: (message) => port.postMessage(message),
    close: () => {
      worker.removeEventListener('error', events.failed);
      port.close();
    },
  };
}

type Addressed =
  | { readonly to: 'hub'; readonly from: string; readonly message: TabMessage }
  | { readonly to: 'tab'; readonly tab: string; readonly message: HubMessage }
  | { readonly to: 'all' };

const CHANNEL = 'muster-live';
const LOCK = 'muster-live';

/** The holder of the lock runs the hub and serves the others over a channel; its end elects the next. */
class ElectedLink implements HubLink {
  readonly #id = `${Date.now()}-${Math.random()}`;
  readonly #events: LinkEvents;
  readonly #channel = new BroadcastChannel(CHANNEL);
  readonly #numbers = new Map<string, number>();
  #hub: HubShell | undefined;
  #release: () => void = () => {};
  #closed = false;
  #last = 0;

  constructor(takeOver: boolean, events: LinkEvents) {
    this.#events = events;
    this.#channel.addEventListener('message', ({ data }: MessageEvent<Addressed>) => this.#heard(data));
    this.#compete(takeOver);
  }

  readonly post = (message: TabMessage): void => {
    if (this.#hub) queueMicrotask(() => this.#hub?.said(this.#numberOf(this.#id), message));
    else this.#channel.postMessage({ to: 'hub', from: this.#id, message } satisfies Addressed);
  };

  readonly close = (): void => {
    this.#closed = true;
    this.#release();
    this.#hub?.stop();
    this.#hub = undefined;
    // What was posted last, a goodbye, leaves before the channel closes.
    this.#channel.close();
  };

  #compete(steal: boolean): void {
    navigator.locks
      .request(LOCK, steal ? { steal: true } : {}, () => (this.#closed ? undefined : this.#lead()))
      .catch(() => {
        // Somebody took the lock from us, because we were asleep: follow, and wait for our turn.
        this.#hub?.stop();
        this.#hub = undefined;
        if (this.#closed) return;
        this.#compete(false);
        this.#events.newHub();
      });
  }

  /** Holds the lock until this tab ends. */
  async #lead(): Promise<void> {
    const hub = await startHub(
      (number, message) => this.#deliver(number, message),
      (number) => this.#forget(number),
    );
    if (this.#closed) {
      hub.stop();
      return;
    }
    this.#hub = hub;
    this.#channel.postMessage({ to: 'all' } satisfies Addressed);
    this.#events.newHub();
    await new Promise<void>((resolve) => {
      this.#release = resolve;
    });
  }

  #heard(data: Addressed): void {
    if (data.to === 'all') this.#events.newHub();
    else if (data.to === 'tab' && data.tab === this.#id) this.#events.message(data.message);
    else if (data.to === 'hub') this.#hub?.said(this.#numberOf(data.from), data.message);
  }

  #deliver(number: number, message: HubMessage): void {
    for (const [tab, known] of this.#numbers) {
      if (known !== number) continue;
      if (tab === this.#id) this.#events.message(message);
      else this.#channel.postMessage({ to: 'tab', tab, message } satisfies Addressed);
    }
  }

  #forget(number: number): void {
    for (const [tab, known] of this.#numbers) if (known === number) this.#numbers.delete(tab);
  }

  #numberOf(tab: string): number {
    const known = this.#numbers.get(tab);
    if (known !== undefined) return known;
    this.#last += 1;
    this.#numbers.set(tab, this.#last);
    return this.#last;
  }
}

async function startHub(
  post: (tab: number, message: HubMessage) => void,
  forget: (tab: number) => void,
): Promise<HubShell> {
  const { HubShell: Shell } = await import('./hub-shell.ts');
  return new Shell({ post, forget });
}

function ownLink(events: LinkEvents): HubLink {
  let closed = false;
  const started = startHub(
    (_, message) => {
      if (!closed) events.message(message);
    },
    () => {},
  );
  return {
    post: (message) => void started.then((hub) => hub.said(1, message)),
    close: () => {
      closed = true;
      void started.then((hub) => hub.stop());
    },
  };
}
