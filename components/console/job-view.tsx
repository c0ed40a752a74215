'use client';

/** One job: who was asked, who answered alike, who differs, and who is silent. Late replies move up by themselves. */

import { useEffect, useRef } from 'react';
import type { Job } from '../../server/wire/http.ts';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { pageVoice } from '../ui/announce.ts';
import { formatBytes, formatLatency, formatMoment, formatRfc3339, plural } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { type GlyphShape, Status } from '../ui/status-glyph.tsx';
import { ClassPlate } from './class-plate.tsx';
import { targetText } from './command-target.ts';
import { useJob } from './job-queries.ts';
import {
  countsText,
  jobCounts,
  type ReplyGroup,
  replyGroups,
  unanswered,
  unansweredWords,
} from './reply-groups.ts';

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

export function JobView({ id }: { readonly id: string }) {
  const query = useJob(id);
  if (query.data === undefined) {
    return (
      <p className="empty" data-test={MARKS.console.job}>
        {query.isError ? query.error.message : 'Fetching the job…'}
      </p>
    );
  }
  return <JobReport job={query.data} />;
}

function JobReport({ job }: { readonly job: Job }) {
  const gatewayMs = useGatewayNow(60_000);
  const groups = replyGroups(job);
  const open = unanswered(job);
  const counts = countsText(jobCounts(job));
  useSpokenResult(job, counts);
  return (
    <section
      className="job"
      aria-label="Result"
      data-test={MARKS.console.job}
      data-job={job.id}
      data-state={job.state}
    >
      <header className="job-head">
        <h2 className="job-command" data-test={MARKS.console.jobCommand}>
          {inertText(job.command)}
        </h2>
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
      {groups.map((group, index) => (
        <GroupReport
          key={group.key}
          job={job}
          group={group}
          alone={groups.length === 1}
          open={index < GROUPS_OPEN_MAX}
        />
      ))}
      {open.length > 0 ? (
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
              <Status
                shape={reply.state === 'asked' ? 'moving' : reply.state === 'left' ? 'none' : 'unknown'}
              >
                {reply.state === 'asked' ? '' : `${reply.state}: `}
                {unansweredWords(reply, job.timeoutMs)}
              </Status>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
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

type GroupReportProps = {
  readonly job: Job;
  readonly group: ReplyGroup;
  readonly alone: boolean;
  readonly open: boolean;
};

function GroupReport({ job, group, alone, open }: GroupReportProps) {
  const [first] = group.replies;
  const names = group.replies.map((reply) => reply.node);
  const late = group.replies.filter((reply) => reply.late);
  if (first === undefined) return null;
  return (
    <details className="reply-group" open={open} data-test={MARKS.console.group} data-nodes={names.join(' ')}>
      <summary data-test={MARKS.console.groupTitle}>
        <span className="reply-title">
          {groupTitle(group, alone)}
          {group.ok ? null : <Status shape="critical">the command failed there</Status>}
        </span>
        <span className="reply-nodes">
          {group.replies.map((reply) => (
            <span key={reply.node} className="name-tag">
              <NodeSigil name={reply.node} size="small" />
              <span className="isolate-text">{inertName(reply.node)}</span>
            </span>
          ))}
        </span>
        <span className="reply-facts muted">
          {timeText(group)} · {formatBytes(group.bytes)}
        </span>
      </summary>
      {late.length > 0 ? (
        <p className="reply-note" data-test={MARKS.console.groupLate}>
          <Status shape="warning">
            late:{' '}
            {late.map((reply) => `${inertName(reply.node)} after ${formatLatency(reply.tookMs)}`).join(', ')}
          </Status>
        </p>
      ) : null}
      <ScrollRegion className="reply-scroll" label={`Reply of ${names.map(inertName).join(', ')}`}>
        <pre data-test={MARKS.console.groupText}>{replyText(group)}</pre>
      </ScrollRegion>
      {group.truncated ? (
        <p className="reply-note" data-test={MARKS.console.truncated}>
          <Status shape="warning">The view is cut; the reply has {formatBytes(group.bytes)}.</Status>
        </p>
      ) : null}
      <p className="reply-note">
        <a
          href={`/api/jobs/${encodeURIComponent(job.id)}/replies/${encodeURIComponent(first.node)}`}
          download={`${first.node}.txt`}
          data-test={MARKS.console.download}
        >
          Download the whole reply
        </a>
      </p>
    </details>
  );
}

function groupTitle(group: ReplyGroup, alone: boolean): string {
  const { length } = group.replies;
  if (length > 1) return alone ? `All ${length} identical` : `${length} identical`;
  return alone ? '1 reply' : 'differs';
}

function timeText(group: ReplyGroup): string {
  if (group.fastestMs === group.slowestMs) return formatLatency(group.fastestMs);
  return `${formatLatency(group.fastestMs)} to ${formatLatency(group.slowestMs)}`;
}

function replyText(group: ReplyGroup): string {
  if (group.text === null) return 'The text is not here; download the reply.';
  return group.text === '' ? '(an empty reply)' : inertText(group.text);
}

/** One sentence when a job that was seen running ends. */
function useSpokenResult(job: Job, counts: string): void {
  const running = useRef(false);
  useEffect(() => {
    if (running.current && job.state !== 'running') {
      pageVoice.log(`${job.command}: ${counts.replaceAll(' · ', ', ')}.`);
      pageVoice.alert(`Result of ${job.command}: ${plural(jobCounts(job).answered, 'reply', 'replies')}.`);
    }
    running.current = job.state === 'running';
  }, [job, counts]);
}
