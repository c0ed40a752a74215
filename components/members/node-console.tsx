'use client';

/** The console of one node: ask it here, see what it was asked before. */

import { useState } from 'react';
import { CommandComposer } from '../console/command-composer.tsx';
import { JobHistory } from '../console/job-history.tsx';
import { JobView } from '../console/job-view.tsx';

export function NodeConsole({ node }: { readonly node: string }) {
  const [job, setJob] = useState<string | null>(null);
  return (
    <>
      <CommandComposer initialCommand="" initialNodes={[node]} fixed onSent={(sent) => setJob(sent.id)} />
      {job === null ? null : <JobView key={job} id={job} />}
      <h3 className="section-title">What it was asked</h3>
      <JobHistory selected={job} node={node} empty="It has not been asked anything lately." />
    </>
  );
}
