import { expect, test } from 'vitest';
import { atTurnEnd, writeAtTurnEnd } from '../../../server/adapters/turn-end.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what is due runs before the writes of the same turn, and what that writes is written in it', async () => {
  const done: string[] = [];
  writeAtTurnEnd(() => done.push('write 1'));
  atTurnEnd(() => {
    done.push('due 1');
    writeAtTurnEnd(() => done.push('write of due 1'));
    atTurnEnd(() => done.push('due by due 1'));
  });
  atTurnEnd(() => done.push('due 2'));
  await nextTurn();
  expect(done).toEqual(['due 1', 'due 2', 'write 1', 'write of due 1', 'due by due 1']);
});

test('what was cancelled does not run', async () => {
  let ran = false;
  const cancel = atTurnEnd(() => {
    ran = true;
  });
  cancel();
  await nextTurn();
  expect(ran).toBe(false);
});

test('who asks again and again leaves room for others: the rest waits for the next turn', async () => {
  let rounds = 0;
  const again = (): void => {
    rounds += 1;
    if (rounds < 100) atTurnEnd(again);
  };
  atTurnEnd(again);
  await nextTurn();
  expect(rounds).toBeLessThan(100);
  while (rounds < 100) await nextTurn();
});
