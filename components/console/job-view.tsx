'use client';

/** One job: who was asked, who answered alike, who differs, and who is silent. Late replies move up by themselves. */

import type { Approval, Job, JobReply } from '../../server/wire/http.ts';
import { ApiFailure } from '../api/api-failure.ts';
import { useCollection, useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { ClassPlate } from '../ui/class-plate.tsx';
import { formatMoment, formatRfc3339 } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { type GlyphShape, Status } from '../ui/status-glyph.tsx';
import { type CommandFlow, useCommandFlow } from './command-flow.tsx';
import { askableNodes, targetText } from './command-target.ts';
import { DownloadAll, RetryButton } from './job-actions.tsx';
import { useJob } from './job-queries.ts';
import { REDACTED_WORDS } from './redaction.ts';
import { GroupReport } from './reply-group.tsx';
import { countsText, jobCounts, replyGroups, unanswered, unansweredWords } from './reply-groups.ts';
import { useSpokenJob } from './spoken-job.ts';

const STATE_GLYPHS: Readonly<Record<Job['state'], GlyphShape>> = {
  running: 'moving',
  done: 'ok',
  unknown: 'unknown',
};
const STATE_WORDS: Readonly<Record<Job['state'], string>> = {
  running: 'running',
  done: 'done',
  unknown: 'outcome unknown',
};

/** Groups that stand open at first; more are folded. */
const GROUPS_OPEN_MAX = 4;

export type JobViewProps = {
  readonly id: string;
  /** Each new reply is spoken as well, not only the summary. */
  readonly announceReplies?: boolean;
  /** A retry became a job of its own. */
  readonly onSent: (job: Job) => void;
  readonly onAsked: (request: Approval) => void;
};

export function JobView({ id, announceReplies = false, onSent, onAsked }: JobViewProps) {
  const query = useJob(id);
  if (query.data !== undefined) {
    return <JobReport job={query.data} announceReplies={announceReplies} onSent={onSent} onAsked={onAsked} />;
  }
  const gone = query.error instanceof ApiFailure && query.error.status === 404;
  if (gone) {
    return (
      <p className="empty" data-test={MARKS.console.jobGone}>
        This job is gone. The newest jobs are kept, older ones are not; what was asked is still in the audit
        log.
      </p>
    );
  }
  return (
    <p className="empty" data-test={MARKS.console.job}>
      {query.isError ? query.error.message : 'Fetching the job…'}
    </p>
  );
}

type JobReportProps = Required<Omit<JobViewProps, 'id'>> & { readonly job: Job };

function JobReport({ job, announceReplies, onSent, onAsked }: JobReportProps) {
  const groups = replyGroups(job);
  const open = unanswered(job);
  const counts = countsText(jobCounts(job));
  const flow = useCommandFlow({ onSent, onAsked });
  useSpokenJob(job, counts, announceReplies);
  const [reference] = groups;
  return (
    <section
      className="job"
      aria-label="Result"
      data-test={MARKS.console.job}
      data-job={job.id}
      data-state={job.state}
    >
      <JobHead job={job} counts={counts} />
      {groups.map((group, index) => (
        <GroupReport
          key={group.key}
          job={job}
          group={group}
          reference={index === 0 ? undefined : reference}
          alone={groups.length === 1}
          open={index < GROUPS_OPEN_MAX}
        />
      ))}
      {open.length > 0 ? <SilentNodes job={job} open={open} flow={flow} /> : null}
      {flow.failure === null ? null : (
        <p className="field-error reply-note" role="alert" data-test={MARKS.console.error}>
          {flow.failure}
        </p>
      )}
      {flow.sheet}
    </section>
  );
}

function JobHead({ job, counts }: { readonly job: Job; readonly counts: string }) {
  const gatewayMs = useGatewayNow(60_000);
  return (
    <header className="job-head">
      <div className="job-top">
        <h2 className="job-command" data-test={MARKS.console.jobCommand}>
          {inertText(job.command)}
        </h2>
        <p className="job-actions">
          <DownloadAll job={job} />
        </p>
      </div>
      {job.redacted ? (
        <p className="job-redacted" data-test={MARKS.console.redacted}>
          <Status shape="warning">{REDACTED_WORDS}</Status>
        </p>
      ) : null}
      <p className="job-facts">
        <ClassPlate value={job.class} />
        <span>to {targetText(job.target)}</span>
        <span>
          by <span className="isolate-text">{inertName(job.actor)}</span> at{' '}
          <time dateTime={formatRfc3339(job.sentMs)}>{formatMoment(job.sentMs, gatewayMs)}</time>
        </span>
        <span data-test={MARKS.console.jobState}>
          <Status shape={STATE_GLYPHS[job.state]}>{STATE_WORDS[job.state]}</Status>
        </span>
      </p>
      <p className="job-summary" data-test={MARKS.console.jobSummary}>
        {counts}
      </p>
      <AnswerGauge job={job} />
    </header>
  );
}

type SilentNodesProps = {
  readonly job: Job;
  readonly open: readonly JobReply[];
  readonly flow: CommandFlow;
};

function SilentNodes({ job, open, flow }: SilentNodesProps) {
  const askable = askableNodes(useCollection('members')).map((node) => node.nodeName ?? node.id);
  const over = open.filter((reply) => reply.state !== 'asked').map((reply) => reply.node);
  const present = over.filter((name) => askable.includes(name));
  return (
    <ul className="silent-list" data-test={MARKS.console.silent}>
      {open.map((reply) => (
        <li
          key={reply.node}
          data-test={MARKS.console.silentNode}
          data-node={reply.node}
          data-state={reply.state}
        >
          <span className="name-tag">
            <NodeSigil name={reply.node} size="small" dim={reply.state !== 'asked'} />
            <b className="isolate-text">{inertName(reply.node)}</b>
          </span>
          <Status shape={reply.state === 'asked' ? 'moving' : reply.state === 'left' ? 'none' : 'unknown'}>
            {reply.state === 'asked' ? '' : `${reply.state}: `}
            {unansweredWords(reply, job.timeoutMs)}
          </Status>
          {reply.state === 'asked' ? null : (
            <RetryButton job={job} nodes={[reply.node]} askable={askable} flow={flow} />
          )}
        </li>
      ))}
      {present.length > 1 ? (
        <li>
          <RetryButton job={job} nodes={present} askable={askable} flow={flow} />
        </li>
      ) : null}
    </ul>
  );
}

/** One notch for each asked node, in the order of the list: filled when it answered. */
function AnswerGauge({ job }: { readonly job: Job }) {
  return (
    <span className="gauge" aria-hidden="true">
      {job.replies.map((reply) => (
        <span
          key={reply.node}
          className="gauge-notch"
          data-state={reply.state}
          data-failed={reply.ok === false || undefined}
        />
      ))}
    </span>
  );
}
