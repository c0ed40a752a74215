'use client';

/** Console: one command to many nodes, the answers side by side. `?job=ID` is the address of a result. */

import { useRouter, useSearchParams } from 'next/navigation';
import { lazy, Suspense, useState } from 'react';
import type { Approval, Job } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import { usePageTitle } from '../ui/use-page-title.ts';
import { CommandComposer, type Fill } from './command-composer.tsx';
import { consoleHref, readConsoleAddress } from './console-address.ts';
import { JobHistory } from './job-history.tsx';
import { JobView } from './job-view.tsx';
import { SavedCommands } from './saved-commands.tsx';
import { useAnnounceReplies } from './spoken-job.ts';

const ApprovalView = lazy(() =>
  import('./approval-view.tsx').then((part) => ({ default: part.ApprovalView })),
);

export function ConsolePage() {
  const router = useRouter();
  const address = readConsoleAddress(new URLSearchParams(useSearchParams().toString()));
  const [fill, setFill] = useState<Fill | null>(null);
  const [announceReplies, setAnnounceReplies] = useAnnounceReplies();
  usePageTitle('Console');
  const { job, approval } = address;
  const open = (href: string): void => router.push(href, { scroll: false });
  const onSent = (sent: Job): void => open(consoleHref({ job: sent.id }));
  const onAsked = (request: Approval): void => open(consoleHref({ approval: request.id }));
  return (
    <div className="console" data-test={MARKS.console.page}>
      <div className="console-main">
        <div className="page-head">
          <h1 className="page-title">Console</h1>
          <p className="page-facts">One command, many nodes; equal answers are shown once.</p>
          <label className="check page-head-end">
            <input
              type="checkbox"
              checked={announceReplies}
              data-test={MARKS.console.announce}
              onChange={(event) => setAnnounceReplies(event.target.checked)}
            />
            Announce replies
          </label>
        </div>
        <CommandComposer
          initialCommand={address.command}
          initialNodes={address.nodes}
          fill={fill}
          onSent={onSent}
          onAsked={onAsked}
        />
        {job !== null ? (
          <JobView key={job} id={job} announceReplies={announceReplies} onSent={onSent} onAsked={onAsked} />
        ) : approval !== null ? (
          <Suspense fallback={<p className="empty">Loading…</p>}>
            <ApprovalView key={approval} id={approval} />
          </Suspense>
        ) : (
          <p className="empty">
            Nothing has been asked here yet. Answers appear below the prompt, and keep their address.
          </p>
        )}
      </div>
      <ConsoleSide selected={job} onFill={setFill} />
    </div>
  );
}

type ConsoleSideProps = { readonly selected: string | null; readonly onFill: (fill: Fill) => void };

/** What was sent, and what was kept. Both only fill the prompt. */
function ConsoleSide({ selected, onFill }: ConsoleSideProps) {
  const [tab, setTab] = useState<'history' | 'saved'>('history');
  return (
    <aside className="console-side" aria-label="History and saved commands">
      <div className="toggle-row side-tabs">
        <button
          type="button"
          className="toggle"
          aria-pressed={tab === 'history'}
          data-test={MARKS.console.sideHistory}
          onClick={() => setTab('history')}
        >
          History
        </button>
        <button
          type="button"
          className="toggle"
          aria-pressed={tab === 'saved'}
          data-test={MARKS.console.sideSaved}
          onClick={() => setTab('saved')}
        >
          Saved
        </button>
      </div>
      {tab === 'history' ? (
        <JobHistory
          selected={selected}
          empty="No command has been sent yet."
          onFill={(job) => onFill({ command: job.command, target: job.target })}
        />
      ) : (
        <SavedCommands onFill={(saved) => onFill({ command: saved.command, target: saved.target })} />
      )}
    </aside>
  );
}
