'use client';

/** Asks one process for its options, through the gateway, only while somebody looks. Keeps when the answer came. */

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { memberOptionsReply, type OptionsReply } from '../../server/wire/options.ts';
import { callApi, parsed } from '../api/api-client.ts';
import type { ApiFailure } from '../api/api-failure.ts';

/** Every look asks anew; the gateway keeps an answer for a second. */
const STALE_MS = 1_000;

export type AskedOptions = {
  readonly reply: OptionsReply;
  /** Local monotonic clock, milliseconds. */
  readonly receivedMs: number;
};

function readOptions(value: unknown): OptionsReply | undefined {
  return memberOptionsReply.safeParse(value).data?.options;
}

/** @param member its key in the live members. */
export function useOptions(member: string): UseQueryResult<AskedOptions, ApiFailure> {
  return useQuery<AskedOptions, ApiFailure>({
    queryKey: ['options', member],
    queryFn: async ({ signal }) => {
      const reply = await callApi(`/api/members/${encodeURIComponent(member)}/options`, { signal });
      return { reply: parsed(reply, readOptions), receivedMs: performance.now() };
    },
    staleTime: STALE_MS,
    // Silence of a process is an answer to show, not one to repeat behind the reader's back.
    retry: false,
    refetchOnWindowFocus: false,
  });
}

/** Why there is no answer, in words. */
export function silenceWords(failure: ApiFailure, name: string): string {
  switch (failure.code) {
    case 'not_found':
      return `No member of the name ${name} is known now, so nobody was asked.`;
    case 'bus_down':
      return `${name} was not asked: the gateway has no bus connection.`;
    case 'no_answer':
      return `${name} was asked and did not answer.`;
    case 'unreachable':
      return 'The gateway does not answer.';
    default:
      return failure.message;
  }
}
