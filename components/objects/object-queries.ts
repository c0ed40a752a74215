'use client';

/** What nodes say of the keys of an object: one question for all of them, again and again while somebody sees the page. */

import { type UseQueryResult, useQueries, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import {
  OBJECT_ROWS_MAX,
  type ObjectColumns,
  type ObjectQueryRequest,
  objectColumns,
} from '../../server/wire/objects.ts';
import { callApi, parsed } from '../api/api-client.ts';
import type { ApiFailure } from '../api/api-failure.ts';
import { useSession } from '../frame/session-gate.tsx';

const EVERY_MS = 1_000;
/** Something differs, and may be on its way only: another look soon tells. */
const SOON_MS = 500;
/** So many open netblocks are asked for as often as one. */
const BRANCHES_AT_ONCE = 4;

export type RowsQuestion = Pick<ObjectQueryRequest, 'object' | 'view' | 'under' | 'search' | 'top'>;

type Asking = {
  /** Who is heard: the others are not waited for. */
  readonly nodes: readonly string[];
  readonly soon: boolean;
};

type Ask = (question: RowsQuestion, signal: AbortSignal, texts?: boolean) => Promise<ObjectColumns>;

function useAsk(nodes: readonly string[]): Ask {
  const { csrf } = useSession();
  // Who is heard changes while the question stays the same: what was answered goes on being shown.
  const newest = useRef(nodes);
  newest.current = nodes;
  return async (question, signal, texts) => {
    const whom = newest.current.length === 0 ? {} : { nodes: newest.current };
    const body = { ...question, ...whom, ...(texts === true ? { texts } : {}) };
    const reply = await callApi('/api/objects/query', { method: 'POST', csrf, body, signal });
    return parsed(reply, (value) => objectColumns.safeParse(value).data);
  };
}

/** One answer for each question, in their order. Nothing is asked while the page is in the background. */
export function useObjectRows(
  questions: readonly RowsQuestion[],
  { nodes, soon }: Asking,
): readonly UseQueryResult<ObjectColumns, ApiFailure>[] {
  const ask = useAsk(nodes);
  const everyMs = (soon ? SOON_MS : EVERY_MS) * Math.max(1, Math.ceil(questions.length / BRANCHES_AT_ONCE));
  return useQueries({
    queries: questions.map((question) => ({
      queryKey: ['object-rows', question],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => ask(question, signal),
      refetchInterval: everyMs,
      staleTime: 0,
      // The next question comes soon anyway.
      retry: false,
    })),
  }) as readonly UseQueryResult<ObjectColumns, ApiFailure>[];
}

/** Texts of a cache, once for each press: every such look is on record. @param look 0: nobody asked. */
export function useCacheTexts(
  question: RowsQuestion,
  nodes: readonly string[],
  look: number,
): UseQueryResult<ObjectColumns, ApiFailure> {
  const ask = useAsk(nodes);
  return useQuery<ObjectColumns, ApiFailure>({
    queryKey: ['object-texts', question, look],
    enabled: look > 0,
    queryFn: ({ signal }) => ask(question, signal, true),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: false,
  });
}

/** The row of one key among what its own question finds. Names that begin alike may be many. */
export function keyQuestion(object: string, view: string, key: string, tree: boolean): RowsQuestion {
  const place = tree ? { search: key } : { under: key };
  return { object, view, top: OBJECT_ROWS_MAX, ...place };
}
