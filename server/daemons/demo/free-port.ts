/** Finds TCP ports that are free on given addresses. A port may be taken again before it is used; callers cope. */

import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export type PortPlace = { readonly address: string; readonly port: number };

/** @returns the port that was bound, which is another one where `port` is 0; undefined when it is taken. */
function bind({ address, port }: PortPlace): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: address, port, exclusive: true }, () => {
      const bound = server.address();
      const found = typeof bound === 'object' && bound !== null ? bound.port : undefined;
      server.close(() => resolve(found));
    });
  });
}

export async function isFree(place: PortPlace): Promise<boolean> {
  return (await bind(place)) !== undefined;
}

const ATTEMPTS_MAX = 200;

/**
 * @param places where a candidate must be free, given the candidate
 * @param preferred taken when it is free
 * @throws Error with one line for people after ATTEMPTS_MAX candidates
 */
export async function findPort(
  preferred: number,
  places: (candidate: number) => readonly PortPlace[],
): Promise<number> {
  let candidate: number | undefined = preferred;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    if (candidate !== undefined && (await firstTaken(places(candidate))) === undefined) return candidate;
    candidate = await bind({ address: '127.0.0.1', port: 0 });
  }
  throw new Error('No free port was found on the loopback addresses.');
}

export async function firstTaken(places: readonly PortPlace[]): Promise<PortPlace | undefined> {
  for (const place of places) {
    if (place.port > 65_535 || !(await isFree(place))) return place;
  }
  return undefined;
}

const POLL_MS = 100;

/** Waits for processes of an earlier run to let go of their ports. @returns the place that stays taken. */
export async function waitUntilFree(
  places: readonly PortPlace[],
  limitMs: number,
): Promise<PortPlace | undefined> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const taken = await firstTaken(places);
    if (taken === undefined || waitedMs >= limitMs) return taken;
    await wait(POLL_MS);
  }
}
