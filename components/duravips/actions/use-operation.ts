'use client';

/** Operations of the live model; one with more items than the stream carries is asked for whole. */

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { OPERATION_ITEMS_SHOWN, type OperationRow, operationReply } from '../../../server/wire/duravip.ts';
import { callApi, parsed } from '../../api/api-client.ts';
import { useCollection } from '../../live/use-live.ts';

/** As the stream has it now; as it was answered until the stream has it. */
export function useOperation(answered: OperationRow): OperationRow {
  return useCollection('vipOperations')[answered.id] ?? answered;
}

/** All its items, fetched again whenever its counts change; what the stream carries until they are there. */
export function useWholeOperation(operation: OperationRow): OperationRow {
  const { id, counts, state } = operation;
  const query = useQuery({
    queryKey: ['vipOperation', id, state, counts.done, counts.failed, counts.unknown],
    queryFn: async () =>
      parsed(
        await callApi(`/api/duravip/operations/${encodeURIComponent(id)}`),
        (value) => operationReply.safeParse(value).data?.operation,
      ),
    enabled: counts.all > OPERATION_ITEMS_SHOWN && counts.failed + counts.unknown > 0,
    placeholderData: keepPreviousData,
  });
  return query.data ?? operation;
}
