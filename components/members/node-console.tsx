'use client';

/** The console of one node: ask it here, see what it was asked before. */

import { useState } from 'react';
import type { Approval, Job } from '../../server/wire/http.ts';
import { ApprovalView } from '../console/approval-view.tsx';
import { CommandComposer, type Fill } from '../console/command-composer.tsx';
import { JobHistory } from '../console/job-history.tsx';
import { JobView } from '../console/job-view.tsx';

export function NodeConsole({ node }: { readonly node: string }) {
  const [job, setJob] = useState<string | null>(null);
  const [request, setRequest] = useState<string | null>(null);
  const [fill, setFill] = useState<Fill | null>(null);
  const onSent = (sent: Job): void => {
    setRequest(null);
    setJob(sent.id);
  };
  const onAsked = (asked: Approval): void => setRequest(asked.id);
  return (
    <>
      <CommandComposer
        initialCommand=""
        initialNodes={[node]}
        fixed
        fill={fill}
        onSent={onSent}
        onAsked={onAsked}
      />
      {request !== null ? (
        <ApprovalView key={request} id={request} />
      ) : job === null ? null : (
        <JobView key={job} id={job} onSent={onSent} onAsked={onAsked} />
      )}
      <h3 className="section-title">What it was asked</h3>
      <JobHistory
        selected={job}
        node={node}
        empty="It has not been asked anything lately."
        onFill={(used) => setFill({ command: used.command, target: null })}
      />
    </>
  );
}
