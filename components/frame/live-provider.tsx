'use client';

/** Joins a signed-in page to the live stream of its browser and gives it to everything below. */

import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Job } from '../../server/wire/http.ts';
import { callApi } from '../api/api-client.ts';
import { LiveClient } from '../live/live-client.ts';
import { LiveStore } from '../live/live-store.ts';
import { PaintTelemetry } from '../live/paint-telemetry.ts';
import { LiveContext } from '../live/use-live.ts';
import { goToSignIn, SESSION_KEY, useSession } from './session-gate.tsx';

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const session = useSession();
  const queries = useQueryClient();
  const csrf = useRef(session.csrf);
  csrf.current = session.csrf;

  const [parts] = useState(() => {
    const telemetry = new PaintTelemetry(async (eventToPaintMs) => {
      await callApi('/api/telemetry', { method: 'POST', csrf: csrf.current, body: { eventToPaintMs } });
    });
    const store: LiveStore = new LiveStore((stamps) => telemetry.painting(stamps, store.newest.offsetMs));
    const socket = new LiveClient(store, {
      onJob: async (value) => {
        // Only pages that watch a job get here, and they have these parts already.
        const { JOBS_KEY, jobKey, readJob } = await import('../console/job-queries.ts');
        const job = readJob(value);
        if (job === undefined) return;
        // A very large job is pushed without some texts: then it is fetched whole.
        const whole = job.replies.every((reply) => reply.state !== 'answered' || reply.text !== null);
        if (whole) queries.setQueryData(jobKey(job.id), job);
        else void queries.invalidateQueries({ queryKey: jobKey(job.id) });
        queries.setQueriesData<readonly Job[]>({ queryKey: JOBS_KEY }, (jobs) =>
          jobs?.map((known) => (known.id === job.id ? job : known)),
        );
      },
      onSession: () => void queries.invalidateQueries({ queryKey: SESSION_KEY }),
      onSignedOut: goToSignIn,
    });
    return { telemetry, live: { store, socket } };
  });

  useEffect(() => {
    parts.telemetry.start();
    const stop = parts.live.socket.start(csrf.current ?? '');
    return () => {
      stop();
      parts.telemetry.stop();
    };
  }, [parts]);
  useEffect(() => parts.live.socket.renewSession(session.csrf ?? ''), [parts, session.csrf]);

  return <LiveContext value={parts.live}>{children}</LiveContext>;
}
