/** Invariants. A broken one is a bug: it throws, the process crashes and its supervisor restarts it. */

export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}

export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionFailed(what);
}

/** The value, or a crash that says which one was missing. */
export function must<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new AssertionFailed(`missing: ${what}`);
  return value;
}

/** The default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable: ${JSON.stringify(value)}`);
}
