'use client';

/** Jobs from the gateway: one by id, the recent ones, and what a command would be classified as. */

import { skipToken, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { z } from 'zod';
import { type CommandTarget, classifyReply, type Job, job, jobListReply } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { useSession } from '../frame/session-gate.tsx';
import { useLive, useLiveParts } from '../live/use-live.ts';

export type Classification = z.infer<typeof classifyReply>;

export const JOBS_SHOWN = 30;
/** A command keeps its class; the role that decides `allowed` may change. */
export const CLASS_STALE_MS = 10_000;
/** Typing pauses this long before the gateway is asked for a class, or for what a search finds. */
const SETTLED_AFTER_MS = 120;
/** A running job is pushed; asking as well covers a socket that is away. */
const RUNNING_REFETCH_MS = 2_000;

export const JOBS_KEY = ['jobs'] as const;

export function jobKey(id: string): readonly ['job', string] {
  return ['job', id];
}

export function readJob(value: unknown): Job | undefined {
  const direct = job.safeParse(value);
  if (direct.success) return direct.data;
  if (typeof value !== 'object' || value === null || !('job' in value)) return undefined;
  const wrapped = job.safeParse(value.job);
  return wrapped.success ? wrapped.data : undefined;
}

export function useJob(id: string): UseQueryResult<Job> {
  const { socket } = useLiveParts();
  const open = useLive(({ connection }) => connection.phase === 'open');
  useEffect(() => socket.watchJob(id), [socket, id]);
  return useQuery({
    queryKey: jobKey(id),
    queryFn: async () => parsed(await callApi(`/api/jobs/${encodeURIComponent(id)}`), readJob),
    refetchInterval: (query) => {
      if (query.state.data?.state !== 'running') return false;
      return open ? RUNNING_REFETCH_MS * 2 : RUNNING_REFETCH_MS;
    },
  });
}

export function useRecentJobs(): UseQueryResult<readonly Job[]> {
  return useQuery({
    queryKey: JOBS_KEY,
    queryFn: () => fetchJobs({ limit: String(JOBS_SHOWN) }),
  });
}

/** Jobs that one search shows. */
const JOBS_FOUND_SHOWN = 100;
export const SEARCH_CHARACTERS_MAX = 200;

/** Jobs whose command contains the text, newest first; the recent ones for an empty search. Secrets are not kept. */
export function useJobSearch(search: string): UseQueryResult<readonly Job[]> {
  const text = useSettled(search.trim(), SETTLED_AFTER_MS);
  const found = useQuery({
    queryKey: [...JOBS_KEY, { q: text }],
    queryFn: text === '' ? skipToken : () => fetchJobs({ q: text, limit: String(JOBS_FOUND_SHOWN) }),
    placeholderData: (before) => before,
  });
  const recent = useRecentJobs();
  return text === '' ? recent : found;
}

async function fetchJobs(query: Readonly<Record<string, string>>): Promise<readonly Job[]> {
  const reply = await callApi(`/api/jobs?${new URLSearchParams(query)}`);
  return parsed(reply, (value) => jobListReply.safeParse(value).data?.jobs);
}

/** The class can depend on whom it reaches, so the target is part of the question. */
export type ClassQuestion = { readonly command: string; readonly target: CommandTarget };

export async function fetchClassification(
  { command, target }: ClassQuestion,
  csrf: string | null,
): Promise<Classification> {
  const reply = await callApi('/api/commands/classify', { method: 'POST', csrf, body: { command, target } });
  return parsed(reply, (value) => classifyReply.safeParse(value).data);
}

export function classificationKey(question: ClassQuestion): readonly ['classify', ClassQuestion] {
  return ['classify', question];
}

export type CurrentClass = {
  /** Of exactly this command and target; null while it is asked for. */
  readonly current: Classification | null;
  /** To look at: while the answer is on its way, that of a moment ago. */
  readonly shown: Classification | null;
  readonly pending: boolean;
};

/** The class of what stands in the prompt, asked for once the typing pauses. Older answers are dropped. */
export function useCurrentClass(command: string, target: CommandTarget | undefined): CurrentClass {
  const { csrf } = useSession();
  const settled = useSettled(command, SETTLED_AFTER_MS);
  const question = settled === '' || target === undefined ? null : { command: settled, target };
  const query = useQuery({
    queryKey: question === null ? ['classify'] : classificationKey(question),
    queryFn: question === null ? skipToken : () => fetchClassification(question, csrf),
    staleTime: CLASS_STALE_MS,
    placeholderData: (before) => before,
  });
  if (command === '' || question === null) return { current: null, shown: null, pending: command !== '' };
  const asking = !query.isError;
  const pending = settled !== command || query.isPlaceholderData || query.data === undefined;
  return {
    current: pending ? null : (query.data ?? null),
    shown: query.data ?? null,
    pending: pending && asking,
  };
}

/** The value once it has not changed for a while. */
export function useSettled<T>(value: T, afterMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}
