/** Which messages stand on the page: few, the same one only once, status messages for a while. Pure. */

export type ToastTone = 'status' | 'alert';

export type ToastAction = { readonly label: string; readonly run: () => void };

export type ToastRequest = {
  /** `alert` stays until it is dismissed and is spoken at once; `status` leaves by itself. */
  readonly tone: ToastTone;
  readonly text: string;
  readonly action?: ToastAction;
};

export type Toast = ToastRequest & { readonly id: number; readonly untilMs: number };

/** More would cover the page; the oldest status gives way, then the oldest. */
export const TOASTS_MAX = 4;
export const TOAST_STATUS_MS = 8_000;
export const TOAST_CHARACTERS_MAX = 400;

export class ToastQueue {
  #toasts: readonly Toast[] = [];
  #nextId = 1;

  get toasts(): readonly Toast[] {
    return this.#toasts;
  }

  get deadlineMs(): number | undefined {
    const untilMs = Math.min(...this.#toasts.map((toast) => toast.untilMs));
    return Number.isFinite(untilMs) ? untilMs : undefined;
  }

  /** @returns the id for `dismiss`. */
  add(request: ToastRequest, nowMs: number): number {
    const id = this.#nextId;
    this.#nextId += 1;
    const text = request.text.slice(0, TOAST_CHARACTERS_MAX);
    const untilMs = request.tone === 'status' ? nowMs + TOAST_STATUS_MS : Number.POSITIVE_INFINITY;
    const others = this.#toasts.filter((toast) => toast.text !== text || toast.tone !== request.tone);
    this.#toasts = [...roomFor(others), { ...request, text, id, untilMs }];
    return id;
  }

  dismiss(id: number): void {
    this.#toasts = this.#toasts.filter((toast) => toast.id !== id);
  }

  /** @param held the reader's pointer or focus is on the messages: none leaves under it. */
  expire(nowMs: number, held: boolean): void {
    this.#toasts = held
      ? this.#toasts.map((toast) => ({ ...toast, untilMs: Math.max(toast.untilMs, nowMs + TOAST_STATUS_MS) }))
      : this.#toasts.filter((toast) => toast.untilMs > nowMs);
  }
}

function roomFor(toasts: readonly Toast[]): readonly Toast[] {
  if (toasts.length < TOASTS_MAX) return toasts;
  const leaving = toasts.find((toast) => toast.tone === 'status') ?? toasts[0];
  return toasts.filter((toast) => toast !== leaving);
}
