'use client';

/** Opens the one live connection of a signed-in page and gives it to everything below. */

import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Job } from '../../server/wire/http.ts';
import { callApi, parsed } from '../api/api-client.ts';
import { JOBS_KEY, jobKey, readJob } from '../console/job-queries.ts';
import { LiveSocket } from '../live/live-socket.ts';
import { LiveStore } from '../live/live-store.ts';
import { PaintTelemetry } from '../live/paint-telemetry.ts';
import { LiveContext } from '../live/use-live.ts';
import { goToSignIn, SESSION_KEY, useSession } from './session-gate.tsx';

function readTicket(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('ticket' in value)) return undefined;
  return typeof value.ticket === 'string' ? value.ticket : undefined;
}

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
    const socket = new LiveSocket(store, {
      fetchTicket: async (signal) => {
        const reply = await callApi('/api/live-ticket', {
          method: 'POST',
          csrf: csrf.current,
          body: {},
          signal,
        });
        return parsed(reply, readTicket);
      },
      onJob: (value) => {
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
    const stop = parts.live.socket.start();
    return () => {
      stop();
      parts.telemetry.stop();
    };
  }, [parts]);

  return <LiveContext value={parts.live}>{children}</LiveContext>;
}
