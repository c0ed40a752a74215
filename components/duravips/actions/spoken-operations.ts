'use client';

/**
 * What is heard of operations asked for from this page: one polite sentence when one is late and one when it ends.
 * Those of others change the page silently.
 */

import { useEffect } from 'react';
import type { OperationRow } from '../../../server/wire/duravip.ts';
import { pageVoice } from '../../ui/announce.ts';
import { operationSentence } from './operation-words.ts';

/** Asked for here, and what was said of each last. */
const awaited = new Map<string, string | null>();
/** More than a person asks for before the first of them ends. */
const AWAITED_MAX = 20;

export function awaitOperation(id: string): void {
  if (!awaited.has(id)) awaited.set(id, null);
  const [oldest] = awaited.keys();
  if (awaited.size > AWAITED_MAX && oldest !== undefined) awaited.delete(oldest);
}

export function useSpokenOperations(operations: Readonly<Record<string, OperationRow>>): void {
  useEffect(() => {
    for (const [id, said] of awaited) {
      const operation = operations[id];
      const sentence = operation === undefined ? null : operationSentence(operation);
      if (sentence === null || sentence === said) continue;
      pageVoice.result(sentence);
      if (operation?.state === 'running') awaited.set(id, sentence);
      else awaited.delete(id);
    }
  }, [operations]);
}
