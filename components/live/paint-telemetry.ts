/**
 * Measures event to paint: from the gateway's stamp on a patch to the first moment after the frame that shows it.
 * The gateway's clock is estimated from heartbeats, so a sample is at most the one-way delay too small.
 */

export const SEND_EVERY_MS = 30_000;
export const SAMPLES_MAX = 200;

export class PaintTelemetry {
  readonly #send: (eventToPaintMs: readonly number[]) => Promise<void>;
  #samples: number[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(send: (eventToPaintMs: readonly number[]) => Promise<void>) {
    this.#send = send;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#flush(), SEND_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Call in the frame that renders the patches. */
  painting(patchServerMs: readonly number[], offsetMs: number | null): void {
    if (offsetMs === null) return;
    // The task after a frame's own callbacks runs when that frame has been painted.
    requestAnimationFrame(() => {
      setTimeout(() => {
        const gatewayNowMs = Date.now() + offsetMs;
        for (const serverMs of patchServerMs) this.#add(gatewayNowMs - serverMs);
      }, 0);
    });
  }

  #add(sampleMs: number): void {
    if (this.#samples.length >= SAMPLES_MAX) return;
    this.#samples.push(Math.min(600_000, Math.max(0, Math.round(sampleMs * 10) / 10)));
  }

  #flush(): void {
    if (this.#samples.length === 0) return;
    const samples = this.#samples;
    this.#samples = [];
    this.#send(samples).catch(() => {
      // Measurements are not worth a retry.
    });
  }
}
