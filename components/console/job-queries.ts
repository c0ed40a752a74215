'use client';

/** Jobs from the gateway: one by id, the recent ones, and what a command would be classified as. */

import { skipToken, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { z } from 'zod';
import { type CommandTarget, classifyReply, type Job, job, jobListReply } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { useLive, useLiveParts } from '../live/use-live.ts';

export type Classification = z.infer<typeof classifyReply>;

export const JOBS_SHOWN = 30;
/** A command keeps its class; the role that decides `allowed` may change. */
export const CLASS_STALE_MS = 10_000;
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
    queryFn: async () => {
      const reply = await callApi(`/api/jobs?limit=${JOBS_SHOWN}`);
      return parsed(reply, (value) => jobListReply.safeParse(value).data?.jobs);
    },
  });
}

/** The class can depend on whom it reaches, so the target is part of the question. */
export type ClassQuestion = { readonly command: string; readonly target: CommandTarget };

export async function fetchClassification({ command, target }: ClassQuestion): Promise<Classification> {
  const query = new URLSearchParams({ command, target: JSON.stringify(target) });
  const reply = await callApi(`/api/commands/classify?${query}`);
  return parsed(reply, (value) => classifyReply.safeParse(value).data);
}

export function classificationKey(question: ClassQuestion): readonly ['classify', ClassQuestion] {
  return ['classify', question];
}

export function useClassification(question: ClassQuestion | null): UseQueryResult<Classification> {
  return useQuery({
    queryKey: question === null ? ['classify'] : classificationKey(question),
    queryFn: question === null ? skipToken : () => fetchClassification(question),
    staleTime: CLASS_STALE_MS,
    placeholderData: (before) => before,
  });
}
