'use client';

/** Writes sentences into the three live regions that stand in the static page (app/layout.tsx). */

import { Announcer } from './announcer.ts';
import { LIVE_REGIONS } from './live-regions.ts';

/** `none` leaves only the log, which has a switch of its own. `important`: alerts, and results of the reader's acts. */
export type VoiceLevel = 'none' | 'important' | 'all';

class PageVoice {
  level: VoiceLevel = 'important';
  readonly #announcer = new Announcer();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** What changed on the page without the reader. */
  status(text: string): void {
    if (this.level !== 'all') return;
    const now = this.#announcer.offerStatus(text, performance.now());
    if (now !== undefined) write(LIVE_REGIONS.status, now);
    else this.#arm();
  }

  alert(text: string): void {
    if (this.level === 'none') return;
    if (this.#announcer.offerAlert(text, performance.now())) write(LIVE_REGIONS.alert, text);
  }

  /** The result of the reader's own act, at most one for each: politely, at once, and never dropped for a newer one. */
  result(text: string): void {
    if (this.level === 'none') return;
    write(LIVE_REGIONS.status, text);
  }

  log(text: string): void {
    write(LIVE_REGIONS.log, text);
  }

  #arm(): void {
    const { deadlineMs } = this.#announcer;
    if (deadlineMs === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        const due = this.#announcer.dueStatus(performance.now());
        if (due !== undefined) write(LIVE_REGIONS.status, due);
        this.#arm();
      },
      deadlineMs - performance.now() + 1,
    );
  }
}

function write(region: string, text: string): void {
  const element = document.getElementById(region);
  if (element) element.textContent = text;
}

export const pageVoice = new PageVoice();
