// @vitest-environment happy-dom

/** One browser, two accounts one after the other: what was fetched for the first is not there for the second. */

import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { act, cleanup, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, expect, test } from 'vitest';
import { SESSION_KEY, SessionGate, useSession } from '../../../components/frame/session-gate.tsx';
import { sessionOf } from './component-world.tsx';

afterEach(cleanup);

function Page() {
  const { account } = useSession();
  const [writtenBy] = useState(account.name);
  const { data } = useQuery({ queryKey: ['accounts'], queryFn: () => `fetched for ${account.name}` });
  return (
    <p data-test="page">
      {data}, written by {writtenBy}
    </p>
  );
}

function sessionOfName(name: string) {
  return { ...sessionOf('admin'), account: { name, role: 'admin' as const } };
}

test('another account in the same browser sees nothing of the one before', async () => {
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  queries.setQueryData(SESSION_KEY, sessionOfName('ana'));
  render(
    <QueryClientProvider client={queries}>
      <SessionGate waiting={() => null}>
        <Page />
      </SessionGate>
    </QueryClientProvider>,
  );
  expect(await screen.findByText('fetched for ana, written by ana')).toBeDefined();
  const shown: string[] = [];
  const watching = new MutationObserver(() => shown.push(document.body.textContent ?? ''));
  watching.observe(document.body, { childList: true, characterData: true, subtree: true });
  act(() => void queries.setQueryData(SESSION_KEY, sessionOfName('ben')));
  expect(await screen.findByText('fetched for ben, written by ben')).toBeDefined();
  watching.disconnect();
  expect(shown.filter((text) => text.includes('ana'))).toEqual([]);
  expect(queries.getQueryData(SESSION_KEY)).toMatchObject({ account: { name: 'ben' } });
});

test('the same account with another role keeps its page', async () => {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  queries.setQueryData(SESSION_KEY, sessionOfName('ana'));
  queries.setQueryData(['accounts'], 'kept');
  render(
    <QueryClientProvider client={queries}>
      <SessionGate waiting={() => null}>
        <Page />
      </SessionGate>
    </QueryClientProvider>,
  );
  act(
    () =>
      void queries.setQueryData(SESSION_KEY, {
        ...sessionOf('viewer'),
        account: { name: 'ana', role: 'viewer' },
      }),
  );
  expect(await screen.findByText('kept, written by ana')).toBeDefined();
});
