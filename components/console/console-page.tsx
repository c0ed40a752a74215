'use client';

/** Console: one command to many nodes, the answers side by side. `?job=ID` is the address of a result. */

import { useRouter, useSearchParams } from 'next/navigation';
import { MARKS } from '../test-marks.ts';
import { usePageTitle } from '../ui/use-page-title.ts';
import { CommandComposer } from './command-composer.tsx';
import { consoleHref, readConsoleAddress } from './console-address.ts';
import { JobHistory } from './job-history.tsx';
import { JobView } from './job-view.tsx';

export function ConsolePage() {
  const router = useRouter();
  const { job, nodes, command } = readConsoleAddress(new URLSearchParams(useSearchParams().toString()));
  usePageTitle('Console');
  return (
    <div className="console" data-test={MARKS.console.page}>
      <div className="console-main">
        <div className="page-head">
          <h1 className="page-title">Console</h1>
          <p className="page-facts">One command, many nodes; equal answers are shown once.</p>
        </div>
        <CommandComposer
          initialCommand={command}
          initialNodes={nodes}
          onSent={(sent) => router.push(consoleHref({ job: sent.id }), { scroll: false })}
        />
        {job === null ? (
          <p className="empty">
            Nothing has been asked here yet. Answers appear below the prompt, and keep their address.
          </p>
        ) : (
          <JobView key={job} id={job} />
        )}
      </div>
      <aside className="console-side" aria-labelledby="history-title">
        <div className="section-head">
          <h2 className="section-title" id="history-title">
            Recent jobs
          </h2>
        </div>
        <JobHistory selected={job} empty="No command has been sent yet." />
      </aside>
    </div>
  );
}
