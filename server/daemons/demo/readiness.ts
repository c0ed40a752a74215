/** Waits until a process does its work: its control socket accepts, or its pages answer. */

import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 50;
const ANSWER_LIMIT_MS = 2_000;

async function poll(signal: AbortSignal, probe: () => Promise<boolean>): Promise<void> {
  while (!(await probe())) await wait(POLL_MS, undefined, { signal });
}

/** @returns true when something accepts connections at the path of a Unix socket, or at an address. */
export function acceptsConnections(place: string | { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(typeof place === 'string' ? { path: place } : place);
    const done = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.setTimeout(ANSWER_LIMIT_MS, () => done(false));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

/** Rejects when `signal` is aborted. */
export function whenAccepting(
  place: string | { host: string; port: number },
  signal: AbortSignal,
): Promise<void> {
  return poll(signal, () => acceptsConnections(place));
}

/** @returns true for a 2xx answer. */
function answersWell(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: ANSWER_LIMIT_MS, agent: false }, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      resolve(statusCode >= 200 && statusCode < 300);
    });
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', () => resolve(false));
  });
}

/** Waits for a 2xx answer. Rejects when `signal` is aborted. */
export function whenAnswering(url: string, signal: AbortSignal): Promise<void> {
  return poll(signal, () => answersWell(url));
}
