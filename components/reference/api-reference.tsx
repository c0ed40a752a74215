'use client';

/** The HTTP API as its own document describes it. The renderer comes when the page is opened, the document then. */

import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { callApi, parsed } from '../api/api-client.ts';
import { MARKS } from '../test-marks.ts';
import { readApi } from './api-routes.ts';
import { ReferenceTitle } from './reference-title.tsx';

const ApiDocument = lazy(() => import('./api-document.tsx').then((part) => ({ default: part.ApiDocument })));

const DOCUMENT_PATH = '/api/openapi.json';

export function ApiReference() {
  const query = useQuery({
    queryKey: ['openapi'],
    queryFn: async () =>
      parsed(await callApi(DOCUMENT_PATH), (value) => readApi(value, window.location.origin)),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="reference" data-test={MARKS.reference.api}>
      <ReferenceTitle title="HTTP API reference">
        Made by the gateway from the schemas that check every request:{' '}
        <a href={DOCUMENT_PATH}>openapi.json</a>
      </ReferenceTitle>
      {query.data === undefined ? (
        <p className="empty">{query.isError ? query.error.message : 'Fetching the document…'}</p>
      ) : (
        <Suspense fallback={<p className="empty">Drawing the document…</p>}>
          <ApiDocument api={query.data} />
        </Suspense>
      )}
    </div>
  );
}
