'use client';

/** Recent jobs, newest first; each opens its own address. */

import Link from 'next/link';
import type { Job } from '../../server/wire/http.ts';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatMoment } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { ClassPlate } from './class-plate.tsx';
import { targetText } from './command-target.ts';
import { consoleHref } from './console-address.ts';
import { useRecentJobs } from './job-queries.ts';
import { countsText, jobCounts } from './reply-groups.ts';

export type JobHistoryProps = {
  readonly selected: string | null;
  /** Only jobs that asked this node. */
  readonly node?: string;
  readonly empty: string;
};

export function JobHistory({ selected, node, empty }: JobHistoryProps) {
  const query = useRecentJobs();
  const gatewayMs = useGatewayNow(60_000);
  if (query.data === undefined) {
    return <p className="muted">{query.isError ? query.error.message : 'Fetching…'}</p>;
  }
  const jobs = node === undefined ? query.data : query.data.filter((job) => asked(job, node));
  if (jobs.length === 0) return <p className="muted">{empty}</p>;
  return (
    <ol className="job-list" data-test={MARKS.console.history}>
      {jobs.map((job) => (
        <li key={job.id}>
          <Link
            href={consoleHref({ job: job.id })}
            prefetch={false}
            scroll={false}
            aria-current={job.id === selected ? 'true' : undefined}
            data-test={MARKS.console.historyJob}
            data-job={job.id}
          >
            <span className="job-list-command">
              <ClassPlate value={job.class} />
              <span className="mono job-list-text">{inertText(job.command)}</span>
            </span>
            <span className="job-list-facts">
              {formatMoment(job.sentMs, gatewayMs)} · {inertName(job.actor)} · {targetText(job.target)}
              <br />
              {countsText(jobCounts(job))}
            </span>
          </Link>
        </li>
      ))}
    </ol>
  );
}

function asked(job: Job, node: string): boolean {
  return job.replies.some((reply) => reply.node === node);
}
