/** A page's surroundings for tests of components: session, queries and a live store that the test feeds. */

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, type RenderResult, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { SESSION_KEY, SessionGate } from '../../../components/frame/session-gate.tsx';
import { LiveClient } from '../../../components/live/live-client.ts';
import { EMPTY_MODEL } from '../../../components/live/live-rows.ts';
import type { LiveInput } from '../../../components/live/live-state.ts';
import { LiveStore } from '../../../components/live/live-store.ts';
import { LiveContext } from '../../../components/live/use-live.ts';
import type { Role } from '../../../server/wire/http.ts';
import type { LiveModel } from '../../../server/wire/live.ts';

export type World = RenderResult & {
  readonly feed: (...inputs: readonly LiveInput[]) => Promise<void>;
};

export function sessionOf(role: Role) {
  return {
    account: { name: 'somebody', role },
    csrf: 'token',
    setupNeeded: false,
    environment: { name: 'test', pattern: 'dotted', colour: '#336699' } as const,
    clusterName: 'mx-west',
    build: '1',
    rehearsal: true,
  };
}

export function snapshotInput(model: Partial<LiveModel>, seq = 1): LiveInput {
  return {
    type: 'snapshot',
    snapshot: { epoch: 'a', seq, serverMs: 0, model: { ...EMPTY_MODEL, ...model }, rejectedRows: 0 },
  };
}

export function beatInput(
  memberAgesMs: Readonly<Record<string, number>>,
  bus: 'joined' | 'lost' = 'joined',
): LiveInput {
  return {
    type: 'heartbeat',
    wallMs: Date.now(),
    heartbeat: {
      epoch: 'a',
      seq: 1,
      serverMs: Date.now(),
      bus: { state: bus, ageMs: 100 },
      memberAgesMs: { ...memberAgesMs },
    },
  };
}

export function renderInWorld(children: ReactNode, role: Role = 'operator'): World {
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  queries.setQueryData(SESSION_KEY, sessionOf(role));
  const store = new LiveStore(() => {});
  const socket = new LiveClient(store, {
    onJob: () => {},
    onSession: () => {},
    onSignedOut: () => {},
  });
  const result = render(
    <QueryClientProvider client={queries}>
      <SessionGate waiting={() => null}>
        <LiveContext value={{ store, socket }}>{children}</LiveContext>
      </SessionGate>
    </QueryClientProvider>,
  );
  const feed = async (...inputs: readonly LiveInput[]): Promise<void> => {
    await act(async () => {
      for (const input of inputs) store.apply(input, performance.now());
      await new Promise((resolve) => requestAnimationFrame(resolve));
    });
  };
  return { ...result, feed };
}
