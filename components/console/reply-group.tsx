'use client';

/** One group of identical replies: who, how fast, the text, and how it differs from the first group. */

import { lazy, Suspense, useMemo, useState } from 'react';
import type { Job } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { formatBytes, formatLatency, plural } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import { changedLines, diffLines } from './line-diff.ts';
import { replyHref } from './reply-download.ts';
import { comparableText, type ReplyGroup } from './reply-groups.ts';
import { looksLikeXml } from './xml-shape.ts';

const DiffView = lazy(() => import('./diff-view.tsx').then((module) => ({ default: module.DiffView })));
const XmlView = lazy(() => import('./xml-view.tsx').then((module) => ({ default: module.XmlView })));

export type GroupReportProps = {
  readonly job: Job;
  readonly group: ReplyGroup;
  /** The largest group, which this one is compared with; undefined for the largest itself. */
  readonly reference: ReplyGroup | undefined;
  /** No other group. */
  readonly alone: boolean;
  readonly open: boolean;
};

type Shown = 'raw' | 'table' | 'diff';

export function GroupReport({ job, group, reference, alone, open }: GroupReportProps) {
  const [shown, setShown] = useState<Shown>('raw');
  const [first] = group.replies;
  const names = group.replies.map((reply) => reply.node);
  if (first === undefined) return null;
  return (
    <details className="reply-group" open={open} data-test={MARKS.console.group} data-nodes={names.join(' ')}>
      <summary data-test={MARKS.console.groupTitle}>
        <span className="reply-title">
          <GroupTitle group={group} reference={reference} alone={alone} />
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
      <LateNote group={group} />
      <ReplyTools group={group} reference={reference} shown={shown} onShow={setShown} />
      <ScrollRegion className="reply-scroll" label={`Reply of ${names.map(inertName).join(', ')}`}>
        <ReplyBody group={group} reference={reference} shown={shown} />
      </ScrollRegion>
      {group.truncated ? (
        <p className="reply-note" data-test={MARKS.console.truncated}>
          <Status shape="warning">The view is cut; the reply has {formatBytes(group.bytes)}.</Status>
        </p>
      ) : null}
      <p className="reply-note">
        <a
          href={replyHref(job.id, first.node)}
          download={`${first.node}.txt`}
          data-test={MARKS.console.download}
        >
          Download the whole reply
        </a>
      </p>
    </details>
  );
}

function LateNote({ group }: { readonly group: ReplyGroup }) {
  const late = group.replies.filter((reply) => reply.late);
  if (late.length === 0) return null;
  return (
    <p className="reply-note" data-test={MARKS.console.groupLate}>
      <Status shape="warning">
        late:{' '}
        {late.map((reply) => `${inertName(reply.node)} after ${formatLatency(reply.tookMs)}`).join(', ')}
      </Status>
    </p>
  );
}

type ToolsProps = {
  readonly group: ReplyGroup;
  readonly reference: ReplyGroup | undefined;
  readonly shown: Shown;
  readonly onShow: (shown: Shown) => void;
};

function ReplyTools({ group, reference, shown, onShow }: ToolsProps) {
  const xml = group.text !== null && looksLikeXml(group.text);
  const compared = reference?.replies[0]?.node;
  if (!xml && compared === undefined) return null;
  return (
    <p className="reply-tools">
      {xml ? (
        <ActionButton
          mark={MARKS.console.xmlToggle}
          obstacle={group.truncated ? 'the view is cut: a table needs the whole reply' : null}
          onPress={() => onShow(shown === 'table' ? 'raw' : 'table')}
        >
          {shown === 'table' ? 'Show as sent' : 'Show as a table'}
        </ActionButton>
      ) : null}
      {compared === undefined ? null : (
        <ActionButton
          mark={MARKS.console.diffOpen}
          obstacle={group.text === null || reference?.text == null ? 'the text is not here' : null}
          onPress={() => onShow(shown === 'diff' ? 'raw' : 'diff')}
        >
          {shown === 'diff' ? 'Show the reply' : `Diff with ${inertName(compared)}`}
        </ActionButton>
      )}
    </p>
  );
}

function ReplyBody({ group, reference, shown }: Omit<ToolsProps, 'onShow'>) {
  const raw = <pre data-test={MARKS.console.groupText}>{replyText(group)}</pre>;
  if (shown === 'diff' && group.text !== null && reference?.text != null) {
    return (
      <Suspense fallback={raw}>
        <DiffView
          left={{ name: reference.replies[0]?.node ?? '', text: comparableText(reference.text) }}
          right={{ name: group.replies[0]?.node ?? '', text: comparableText(group.text) }}
          cut={group.truncated || reference.truncated}
        />
      </Suspense>
    );
  }
  if (shown === 'table' && group.text !== null) {
    return (
      <Suspense fallback={raw}>
        <XmlView text={group.text} raw={raw} />
      </Suspense>
    );
  }
  return raw;
}

function GroupTitle({ group, reference, alone }: Pick<GroupReportProps, 'group' | 'reference' | 'alone'>) {
  const { length } = group.replies;
  const [ours, theirs] = [group.text, reference?.text ?? null];
  const lines = useMemo(
    () =>
      ours === null || theirs === null ? undefined : diffLines(comparableText(theirs), comparableText(ours)),
    [ours, theirs],
  );
  const words = lines === undefined ? '' : ` in ${plural(changedLines(lines), 'line')}`;
  if (length > 1) {
    if (alone) return `All ${length} identical`;
    return reference === undefined ? `${length} identical` : `${length} identical, differ${words}`;
  }
  return reference === undefined ? '1 reply' : `differs${words}`;
}

function timeText(group: ReplyGroup): string {
  const [fastest, slowest] = [formatLatency(group.fastestMs), formatLatency(group.slowestMs)];
  return fastest === slowest ? fastest : `${fastest} to ${slowest}`;
}

function replyText(group: ReplyGroup): string {
  if (group.text === null) return 'The text is not here; download the reply.';
  return group.text === '' ? '(an empty reply)' : inertText(group.text);
}
