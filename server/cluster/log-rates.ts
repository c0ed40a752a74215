/** How fast something grows, as an average over the last minute, from looks at its total. */

/** A rate is an average over so long. */
export const RATE_SPAN_MS = 60_000;
/** Shorter spans say nothing. */
const SPAN_MIN_MS = 1_000;
const SAMPLES_MAX = 64;

export type LogAmount = { readonly records: number; readonly bytes: number };
type Sample = LogAmount & { readonly atMs: number };

export class LogRate {
  #samples: Sample[] = [];

  /** A total that went down counts something else: what was known before is forgotten. */
  add({ records, bytes }: LogAmount, nowMs: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && (records < last.records || bytes < last.bytes)) this.#samples = [];
    this.#samples.push({ atMs: nowMs, records, bytes });
    const [, second] = this.#samples;
    const over = this.#samples.length > SAMPLES_MAX;
    if (over || (second !== undefined && nowMs - second.atMs >= RATE_SPAN_MS)) this.#samples.shift();
  }

  forget(): void {
    this.#samples = [];
  }

  /** Each second; undefined before there are two looks. */
  perS(): LogAmount | undefined {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const spanMs = last.atMs - first.atMs;
    if (spanMs < SPAN_MIN_MS) return undefined;
    const perS = (now: number, then: number): number => ((now - then) * 1_000) / spanMs;
    return { records: perS(last.records, first.records), bytes: perS(last.bytes, first.bytes) };
  }
}
