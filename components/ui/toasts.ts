'use client';

/** Short messages over the page. `toast()` may be called from anywhere; the frame draws the list, the voice says it. */

import { useSyncExternalStore } from 'react';
import { pageVoice } from './announce.ts';
import { type Toast, ToastQueue, type ToastRequest } from './toast-queue.ts';

class ToastStore {
  readonly #queue = new ToastQueue();
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #held = false;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly toasts = (): readonly Toast[] => this.#queue.toasts;

  add(request: ToastRequest): number {
    const id = this.#queue.add(request, performance.now());
    this.#changed();
    return id;
  }

  readonly dismiss = (id: number): void => {
    this.#queue.dismiss(id);
    this.#changed();
  };

  /** While the pointer or the focus is on the list nothing leaves it. */
  readonly hold = (held: boolean): void => {
    this.#held = held;
    this.#queue.expire(performance.now(), true);
    this.#changed();
  };

  #changed(): void {
    clearTimeout(this.#timer);
    const { deadlineMs } = this.#queue;
    if (deadlineMs !== undefined) {
      this.#timer = setTimeout(
        () => {
          this.#queue.expire(performance.now(), this.#held);
          this.#changed();
        },
        Math.max(0, deadlineMs - performance.now()) + 1,
      );
    }
    for (const listener of this.#listeners) listener();
  }
}

export const toastStore = new ToastStore();

/** @returns a function that takes the message away. */
export function toast(request: ToastRequest): () => void {
  const id = toastStore.add(request);
  if (request.tone === 'alert') pageVoice.alert(request.text);
  else pageVoice.result(request.text);
  return () => toastStore.dismiss(id);
}

const NONE: readonly Toast[] = [];

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(toastStore.subscribe, toastStore.toasts, () => NONE);
}
