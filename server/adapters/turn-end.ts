/**
 * The end of one turn of the event loop, once for the whole process: first what wanted to run when everything that had
 * arrived was taken, then the writes, also those that the former caused. Without it each of these would wait for a
 * turn of its own, and every hop of a message would take three.
 */

type Due = { callback: (() => void) | undefined };

/** What runs at the end of a turn may ask for its end again; after so many rounds it has to wait for the next. */
const ROUNDS_MAX = 8;

let due: Due[] = [];
let writes: (() => void)[] = [];
let scheduled = false;

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  try {
    for (let round = 0; round < ROUNDS_MAX && due.length + writes.length > 0; round += 1) {
      const dueNow = due;
      due = [];
      for (const one of dueNow) one.callback?.();
      const writesNow = writes;
      writes = [];
      for (const write of writesNow) write();
    }
  } finally {
    scheduled = false;
    if (due.length + writes.length > 0) schedule();
  }
}

/** Runs the callback once everything that has arrived was taken. @returns what cancels it. */
export function atTurnEnd(callback: () => void): () => void {
  const one: Due = { callback };
  due.push(one);
  schedule();
  return () => {
    one.callback = undefined;
  };
}

/** Runs the callback after all that `atTurnEnd` asked for in this turn. */
export function writeAtTurnEnd(write: () => void): void {
  writes.push(write);
  schedule();
}
