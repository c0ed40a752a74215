'use client';

/** Sends a command once: the same attempt keeps its idempotency key, so a repeated send cannot run twice. */

import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import type { CommandTarget, Job } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { SESSION_KEY, useSession } from '../frame/session-gate.tsx';
import type { PreviewConfirmation } from '../ui/preview-sheet.tsx';
import { JOBS_KEY, jobKey, readJob } from './job-queries.ts';
import { awaitResult } from './spoken-job.ts';

export type CommandOrder = {
  readonly command: string;
  readonly target: CommandTarget;
  readonly timeoutMs: number;
  readonly confirmation: PreviewConfirmation;
};

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function useSendCommand(onSent: (job: Job) => void): UseMutationResult<Job, Error, CommandOrder> {
  const { csrf } = useSession();
  const queries = useQueryClient();
  const attempt = useRef<{ readonly body: string; readonly key: string } | null>(null);
  return useMutation({
    mutationFn: async ({ command, target, timeoutMs, confirmation }: CommandOrder) => {
      const body = { command, target, timeoutMs, ...confirmation };
      const text = JSON.stringify(body);
      if (attempt.current?.body !== text) attempt.current = { body: text, key: newKey() };
      const { key } = attempt.current;
      const reply = await callApi('/api/commands', { method: 'POST', csrf, idempotencyKey: key, body });
      return parsed(reply, readJob);
    },
    onSuccess: (job) => {
      attempt.current = null;
      awaitResult(job.id);
      // A push may have overtaken the answer with a newer state of the job.
      queries.setQueryData<Job>(jobKey(job.id), (known) => known ?? job);
      void queries.invalidateQueries({ queryKey: JOBS_KEY });
      onSent(job);
    },
    onError: (failure) => {
      // Only where nothing was answered is the same send worth repeating under the same key.
      if (failure instanceof ApiFailure && failure.status !== 0) attempt.current = null;
      // The session is over: the gate asks for a sign-in, and the draft of the prompt waits for it.
      if (failure instanceof ApiFailure && failure.status === 401) {
        void queries.invalidateQueries({ queryKey: SESSION_KEY });
      }
    },
  });
}
