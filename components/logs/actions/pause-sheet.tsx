'use client';

/** Not to hear of a reader for a while (W1), and to hear of it again. It changes nothing on the nodes. */

import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { callApi } from '../../api/api-client.ts';
import { outcomeOfFailure } from '../../console/confirm-sheet.tsx';
import { roleObstacle } from '../../duravips/actions/write-gate.ts';
import { useSession } from '../../frame/session-gate.tsx';
import { usePreviewData } from '../../live/use-preview-data.ts';
import { MARKS } from '../../test-marks.ts';
import { pageVoice } from '../../ui/announce.ts';
import { formatDuration } from '../../ui/format-time.ts';
import { PreviewSheet } from '../../ui/preview-sheet.tsx';
import type { LogSheetProps } from './log-sheet.tsx';
import { objectWords } from './review-words.ts';

/** Seconds; the gateway takes a minute to seven days. */
const SPANS_S = [3_600, 4 * 3_600, 24 * 3_600, 7 * 24 * 3_600] as const;

export function PauseSheet({ line, onClose }: LogSheetProps) {
  const { account, csrf } = useSession();
  const data = usePreviewData();
  const [ending] = useState(line.pause !== null);
  const [forS, setForS] = useState<number>(SPANS_S[0]);
  const name = { node: line.row.node, log: line.row.log, subscriber: line.subscriber?.name ?? '' };
  const object = `the alerts of ${objectWords(line)}`;
  const write = useMutation({
    mutationFn: async (reason: string) => {
      if (ending)
        return await callApi(`/api/logs/pauses?${new URLSearchParams(name)}`, { method: 'DELETE', csrf });
      return await callApi('/api/logs/pauses', { method: 'PUT', csrf, body: { ...name, forS, reason } });
    },
    onSuccess: () => {
      pageVoice.result(ending ? `Alerts of ${objectWords(line)} are on again.` : `Paused ${object}.`);
      onClose();
    },
  });
  return (
    <PreviewSheet
      title={ending ? `End the pause of ${object}` : `Pause ${object}`}
      class="W1"
      verb={ending ? 'Hear again of' : 'Pause'}
      object={object}
      lead={ending ? null : <Span value={forS} onChange={setForS} />}
      effect={
        <p>
          {ending
            ? 'It is counted and stands in the list of what needs attention again, as soon as it is behind.'
            : `For ${formatDuration(forS * 1_000)} it is neither counted as behind nor in the list of what needs attention. Its row stays, and says that it is paused. Nothing on its node changes.`}
        </p>
      }
      data={data}
      typedName={null}
      reason={ending ? 'none' : 'optional'}
      obstacle={roleObstacle(account.role)}
      busy={write.isPending}
      outcome={write.error === null ? null : outcomeOfFailure(write.error)}
      onClose={onClose}
      onConfirm={({ reason }) => write.mutate(reason ?? '')}
    />
  );
}

type SpanProps = { readonly value: number; readonly onChange: (seconds: number) => void };

function Span({ value, onChange }: SpanProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>For</label>
      <select
        id={id}
        className="input"
        value={value}
        data-test={MARKS.logs.actions.span}
        onChange={(event) => onChange(Number(event.target.value))}
      >
        {SPANS_S.map((seconds) => (
          <option key={seconds} value={seconds}>
            {formatDuration(seconds * 1_000)}
          </option>
        ))}
      </select>
    </div>
  );
}
