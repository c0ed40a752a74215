'use client';

/** Follows a log, a question each second, only while somebody sees it. */

import { useEffect, useReducer, useState, useSyncExternalStore } from 'react';
import { type LogTail, logTailReply } from '../../../server/wire/logs.ts';
import { callApi, parsed } from '../../api/api-client.ts';
import { TAIL_START, type TailState, withTail } from './tail-lines.ts';

const EVERY_MS = 1_000;
/** After a question that was not answered. */
const AGAIN_MS = 3_000;

export type Tail = TailState & {
  readonly visible: boolean;
  /** Why the last question was not answered; null when it was. */
  readonly failure: string | null;
};

type Answer = { readonly from: string | null; readonly answer: LogTail };

export function useTail(of: { readonly node: string; readonly log: string }, following: boolean): Tail {
  const { node, log } = of;
  const visible = useVisible();
  const [state, add] = useReducer(
    (before: TailState, { from, answer }: Answer) => withTail(before, from, answer),
    TAIL_START,
  );
  const [failure, setFailure] = useState<string | null>(null);
  // The next question goes out when the last one is answered, or could not be.
  const [attempt, setAttempt] = useState(0);
  const { next, answers } = state;
  const wait = attempt === 0 ? 0 : failure === null ? EVERY_MS : AGAIN_MS;
  // biome-ignore lint/correctness/useExhaustiveDependencies: an answer asks for the next question
  useEffect(() => {
    if (!following || !visible) return;
    const asking = new AbortController();
    const ask = async (): Promise<void> => {
      const query = new URLSearchParams({ node, log, ...(next === null ? {} : { from: next }) });
      try {
        const reply = await callApi(`/api/logs/tail?${query}`, { signal: asking.signal });
        const answer = parsed(reply, (value) => logTailReply.safeParse(value).data);
        if (asking.signal.aborted) return;
        add({ from: next, answer });
        setFailure(null);
      } catch (error) {
        if (asking.signal.aborted) return;
        setFailure(error instanceof Error ? error.message : 'It could not be asked.');
      }
      setAttempt((before) => before + 1);
    };
    const timer = setTimeout(() => void ask(), wait);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [node, log, following, visible, attempt, answers]);
  return { ...state, visible, failure };
}

function useVisible(): boolean {
  return useSyncExternalStore(
    (changed) => {
      document.addEventListener('visibilitychange', changed);
      return () => document.removeEventListener('visibilitychange', changed);
    },
    () => document.visibilityState === 'visible',
    () => true,
  );
}
