'use client';

/** What can be done with a job as a whole: take all replies along, ask the silent ones again, print it. */

import { useEffect, useRef, useState } from 'react';
import type { Job } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { plural } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import type { CommandFlow } from './command-flow.tsx';
import { REDACTED_WORDS } from './redaction.ts';
import { DOWNLOAD_ALL_BYTES_MAX, fetchReply, saveFile, wholeJob } from './reply-download.ts';

export function DownloadAll({ job }: { readonly job: Job }) {
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle');
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const bytes = job.replies.reduce((sum, reply) => sum + (reply.bytes ?? 0), 0);
  const answered = job.replies.some((reply) => reply.state === 'answered');
  const obstacle = !answered
    ? 'nobody has answered'
    : bytes > DOWNLOAD_ALL_BYTES_MAX
      ? 'together they are too large: take them one by one'
      : state === 'busy'
        ? 'being fetched'
        : null;
  const download = async (): Promise<void> => {
    stop.current = new AbortController();
    setState('busy');
    try {
      saveFile(await wholeJob(job, fetchReply, stop.current.signal), `job-${job.id}.txt`);
      setState('idle');
    } catch {
      setState('failed');
    }
  };
  return (
    <>
      <ActionButton
        mark={MARKS.console.downloadAll}
        obstacle={obstacle}
        showReason={answered}
        onPress={() => void download()}
      >
        Download all replies
      </ActionButton>
      {state === 'failed' ? (
        <span className="field-error" role="alert">
          The replies could not be fetched.
        </span>
      ) : null}
    </>
  );
}

export type RetryProps = {
  readonly job: Job;
  readonly nodes: readonly string[];
  /** Nodes that can be asked now. */
  readonly askable: readonly string[];
  readonly flow: CommandFlow;
};

/** A read goes out at once, a write shows its preview, which says that the first attempt may have done it already. */
export function RetryButton({ job, nodes, askable, flow }: RetryProps) {
  const absent = nodes.filter((name) => !askable.includes(name));
  const [only] = nodes;
  const one = nodes.length === 1 && only !== undefined;
  const obstacle = job.redacted
    ? REDACTED_WORDS
    : absent.length > 0
      ? `${absent.map(inertName).join(', ')} ${absent.length === 1 ? 'is' : 'are'} not in the cluster now`
      : flow.busy
        ? 'being sent'
        : null;
  const retry = (): void =>
    void flow.ask({
      command: job.command,
      target: { kind: 'nodes', names: [...nodes] },
      timeoutMs: job.timeoutMs,
      ...(job.class === 'R' ? {} : { warning: retryWarning(nodes) }),
    });
  return (
    <ActionButton
      mark={one ? MARKS.console.retryNode : MARKS.console.retrySilent}
      obstacle={obstacle}
      onPress={retry}
    >
      {one ? `Retry ${inertName(only)} only` : `Retry the ${plural(nodes.length, 'silent node')}`}
    </ActionButton>
  );
}

function retryWarning(nodes: readonly string[]): string {
  const who = nodes.length === 1 ? 'This node was' : `These ${nodes.length} nodes were`;
  return `${who} asked before and did not answer. It may have been done there all the same.`;
}
