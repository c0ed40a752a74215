/** Console commands of a node on its jobs (momentum.md 6.4, 7.6): the transfers of the log file service. */

import type { CommandSpec } from '../console/command-tree.ts';
import { type JobLines, renderJobs, renderJobsXml } from '../console/jobs-text.ts';
import { printableLine } from '../console/printable.ts';
import { done, failed } from '../console/replies.ts';
import type { LogJob } from '../logs/api.ts';

/** The log file service as the console of its node sees it. */
export interface JobConsole {
  jobs(nowMs: number): readonly LogJob[];
  /** False when no job has that id. */
  abort(id: number, by: string): boolean;
}

export type JobContext = { readonly logService: JobConsole; readonly nowMs: number };

/** An id as people type it. */
const ID = /^\d{1,10}$/;

export const NODE_JOB_COMMANDS: readonly CommandSpec<JobContext>[] = [
  {
    words: 'cluster abort',
    parameters: [{ name: 'id' }],
    help: 'Abort a job; cluster logs jobs shows them',
    run: ({ args: [id = ''], source }, { logService, nowMs }) => {
      const job = ID.test(id)
        ? logService.jobs(nowMs).find((one) => one.id === Number.parseInt(id, 10))
        : undefined;
      if (job === undefined || !logService.abort(job.id, source.user)) {
        return failed(`Unknown job: ${printableLine(id)}`);
      }
      const { log, subscriber, by } = job;
      const what = `${printableLine(log)} to ${printableLine(by)}, subscriber '${printableLine(subscriber)}'`;
      return done(`Aborted job ${job.id}: ${what}`);
    },
  },
  {
    words: 'cluster logs jobs',
    help: 'Show the transfers of published logs that run now',
    xml: 'own',
    run: ({ xml }, { logService, nowMs }) =>
      done((xml ? renderJobsXml : renderJobs)(logService.jobs(nowMs).map((job) => linesOf(job, nowMs)))),
  },
];

function linesOf(job: LogJob, nowMs: number): JobLines {
  return { ...job, seconds: Math.max(0, Math.floor((nowMs - job.startedMs) / 1_000)) };
}
