'use client';

/** Jobs from the gateway: one by id, the recent ones, and what a command would be classified as. */

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { z } from 'zod';
import { classifyReply, type Job, job, jobListReply } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { useLive, useLiveParts } from '../live/use-live.ts';

export type Classification = z.infer<typeof classifyReply>;

export const JOBS_SHOWN = 30;
/** A running job is pushed; asking as well covers a socket that is away. */
const RUNNING_REFETCH_MS = 2_000;

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
    queryKey: ['jobs', JOBS_SHOWN],
    queryFn: async () => {
      const reply = await callApi(`/api/jobs?limit=${JOBS_SHOWN}`);
      return parsed(reply, (value) => jobListReply.safeParse(value).data?.jobs);
    },
  });
}

export async function fetchClassification(command: string): Promise<Classification> {
  const reply = await callApi(`/api/commands/classify?command=${encodeURIComponent(command)}`);
  return parsed(reply, (value) => classifyReply.safeParse(value).data);
}

export function classificationKey(command: string): readonly ['classify', string] {
  return ['classify', command];
}

export function useClassification(command: string): UseQueryResult<Classification> {
  return useQuery({
    queryKey: classificationKey(command),
    queryFn: () => fetchClassification(command),
    enabled: command !== '',
    staleTime: 60_000,
    placeholderData: (before) => before,
  });
}
