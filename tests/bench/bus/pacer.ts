/**
 * A tick every fraction of a millisecond. Timers of an event loop count whole milliseconds, and a loop that spins takes
 * the processor from those it measures; so a thread sleeps exactly and wakes the loop.
 */

import { performance } from 'node:perf_hooks';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { must } from '../../../server/base/assert.ts';

/** A thread that slept longer goes on from now. */
const BEHIND_MAX_MS = 5;

/** Words of the shared gate. */
const STOP = 0;
const PENDING = 1;

type PacerData = { readonly gate: Int32Array; readonly everyMs: number };

/** @returns ends the ticks. */
export function tickEvery(everyMs: number, tick: () => void): () => void {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const data: PacerData = { gate, everyMs };
  const worker = new Worker(new URL(import.meta.url), { workerData: data });
  worker.on('message', () => {
    Atomics.store(gate, PENDING, 0);
    if (Atomics.load(gate, STOP) === 0) tick();
  });
  return () => {
    Atomics.store(gate, STOP, 1);
    Atomics.notify(gate, STOP);
  };
}

/** The thread: one message at each tick, none while one is under way. */
export function runPacer(): void {
  const { gate, everyMs } = workerData as PacerData;
  const port = must(parentPort, 'a pacer is a thread');
  let nextMs = performance.now();
  for (;;) {
    const nowMs = performance.now();
    nextMs = nextMs < nowMs - BEHIND_MAX_MS ? nowMs : nextMs + everyMs;
    if (Atomics.wait(gate, STOP, 0, Math.max(0, nextMs - nowMs)) !== 'timed-out') return;
    if (Atomics.exchange(gate, PENDING, 1) === 0) port.postMessage(0);
  }
}
