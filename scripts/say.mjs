/**
 * Progress lines of the scripts, on standard error, so that the output of a program stays its own.
 */

/** @param {string} line one line of progress */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** @param {number} startedMs from performance.now() */
export function secondsSince(startedMs) {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}

/** Interval of the "still working" lines. */
const STILL_WORKING_MS = 10_000;

/**
 * Says that long work goes on. Returns the function that ends it.
 * @param {string} what for example "installing packages"
 */
export function keepSaying(what) {
  const startedMs = performance.now();
  const timer = setInterval(() => say(`  still ${what} (${secondsSince(startedMs)})`), STILL_WORKING_MS);
  timer.unref();
  return () => clearInterval(timer);
}
