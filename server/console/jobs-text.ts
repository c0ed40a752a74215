/** `cluster logs jobs` (ours): a block for each job of the log file service, with the id that `cluster abort` takes. */

import { formatPosition, type LogPosition } from '../model/log-position.ts';
import { printableLine } from './printable.ts';
import { renderXml, textElement } from './xml.ts';

export type JobLines = {
  readonly id: number;
  readonly log: string;
  readonly subscriber: string;
  /** Name of the aggregator. */
  readonly by: string;
  readonly peer: string;
  readonly state: string;
  readonly records: number;
  readonly bytes: number;
  readonly checkpoint: LogPosition;
  readonly seconds: number;
};

export function renderJobs(jobs: readonly JobLines[]): string {
  if (jobs.length === 0) return 'No jobs';
  return jobs
    .flatMap((job) => [
      `job ${job.id}: ${printableLine(job.log)}`,
      `\t[subscriber: '${printableLine(job.subscriber)}' @ ${formatPosition(job.checkpoint)}]`,
      `\t[read by: ${printableLine(job.by)}, ${printableLine(job.peer)}]`,
      `\t[${job.state}, ${job.records} ${job.records === 1 ? 'record' : 'records'} with ${job.bytes} bytes in ${job.seconds} seconds]`,
    ])
    .join('\n');
}

export function renderJobsXml(jobs: readonly JobLines[]): string {
  return renderXml({
    name: 'Jobs',
    content: jobs.map((job) => ({
      name: 'Job',
      attributes: { id: String(job.id), log: job.log, state: job.state },
      content: [
        textElement('Subscriber', job.subscriber),
        textElement('Checkpoint', formatPosition(job.checkpoint)),
        textElement('By', job.by),
        textElement('Peer', job.peer),
        textElement('Records', String(job.records)),
        textElement('Bytes', String(job.bytes)),
        textElement('Seconds', String(job.seconds)),
      ],
    })),
  });
}
