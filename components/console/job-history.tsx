'use client';

/** Jobs, newest first, with a search; each opens its own address, or fills the prompt with its command. */

import Link from 'next/link';
import { useId, useState } from 'react';
import type { Job } from '../../server/wire/http.ts';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { ClassPlate } from '../ui/class-plate.tsx';
import { formatMoment } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { targetText } from './command-target.ts';
import { consoleHref } from './console-address.ts';
import { SEARCH_CHARACTERS_MAX, useJobSearch } from './job-queries.ts';
import { countsText, jobCounts } from './reply-groups.ts';

export type JobHistoryProps = {
  readonly selected: string | null;
  /** Only jobs that asked this node. */
  readonly node?: string;
  readonly empty: string;
  readonly onFill?: (job: Job) => void;
};

export function JobHistory({ selected, node, empty, onFill }: JobHistoryProps) {
  const [search, setSearch] = useState('');
  const query = useJobSearch(search);
  const id = useId();
  const jobs = (query.data ?? []).filter((job) => node === undefined || asked(job, node));
  return (
    <>
      <div className="side-search">
        <label className="visually-hidden" htmlFor={id}>
          Search the history
        </label>
        <input
          id={id}
          type="search"
          className="input"
          autoComplete="off"
          placeholder="Search the history"
          maxLength={SEARCH_CHARACTERS_MAX}
          value={search}
          data-test={MARKS.console.historySearch}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      {query.data === undefined ? (
        <p className="muted">{query.isError ? query.error.message : 'Fetching…'}</p>
      ) : jobs.length === 0 ? (
        <p className="muted">{search.trim() === '' ? empty : 'No command that is kept contains this.'}</p>
      ) : (
        <ol className="job-list" data-test={MARKS.console.history}>
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} selected={job.id === selected} onFill={onFill} />
          ))}
        </ol>
      )}
    </>
  );
}

type JobRowProps = {
  readonly job: Job;
  readonly selected: boolean;
  readonly onFill: ((job: Job) => void) | undefined;
};

function JobRow({ job, selected, onFill }: JobRowProps) {
  const gatewayMs = useGatewayNow(60_000);
  const command = inertText(job.command);
  return (
    <li className="side-row">
      <Link
        href={consoleHref({ job: job.id })}
        prefetch={false}
        scroll={false}
        aria-current={selected ? 'true' : undefined}
        data-test={MARKS.console.historyJob}
        data-job={job.id}
      >
        <span className="job-list-command">
          <ClassPlate value={job.class} />
          <span className="mono job-list-text">{command}</span>
        </span>
        <span className="job-list-facts">
          {formatMoment(job.sentMs, gatewayMs)} · {inertName(job.actor)} · {targetText(job.target)}
          <br />
          {countsText(jobCounts(job))}
          {job.redacted ? ' · a secret was left out' : ''}
        </span>
      </Link>
      {onFill === undefined ? null : (
        <button
          type="button"
          className="button"
          data-kind="quiet"
          aria-label={`Use ${command}: put it into the prompt`}
          title="Put into the prompt; nothing is sent"
          data-test={MARKS.console.historyFill}
          onClick={() => onFill(job)}
        >
          Use
        </button>
      )}
    </li>
  );
}

function asked(job: Job, node: string): boolean {
  return job.replies.some((reply) => reply.node === node);
}
