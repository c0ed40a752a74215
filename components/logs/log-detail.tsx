'use client';

/** One reader of one log: its verdict and why, its place, how it goes, who else has its name, and what can be done. */

import Link from 'next/link';
import { type ReactNode, useEffect, useRef } from 'react';
import { groupDigits } from '../bus/bus-words.ts';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatBytes, formatDuration, formatMoment, plural, UNKNOWN } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { LineActions } from './actions/line-actions.tsx';
import { CopyPosition } from './copy-position.tsx';
import { LagChart } from './lag-chart.tsx';
import { logHref } from './log-address.ts';
import { diskFullS, type LogLine, lagAgeMs } from './log-lines.ts';
import { diskWords, formatCount, formatRate, LOG_STATES, saidOf, whyOf } from './log-words.ts';
import type { LogsNow } from './use-log-lines.ts';

export type LogDetailProps = { readonly id: string; readonly now: LogsNow; readonly closeHref: string };

export function LogDetail({ id, now, closeHref }: LogDetailProps) {
  const line = now.lines?.find((each) => each.id === id);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  const nowMs = useGatewayNow();
  const said = line === undefined ? null : saidOf(line, nowMs);
  return (
    <aside
      className="node-panel log-detail"
      aria-labelledby="log-title"
      data-test={MARKS.logs.detail}
      data-line={id}
    >
      <div className="node-head">
        <div className="node-head-words">
          <h2
            className="node-title"
            id="log-title"
            ref={title}
            tabIndex={-1}
            data-test={MARKS.logs.detailTitle}
          >
            {line === undefined ? inertName(id) : titleOf(line)}
          </h2>
          {said === null ? null : (
            <p>
              <Status shape={said.shape} mark={MARKS.logs.verdict}>
                {said.word}
              </Status>{' '}
              <span className="muted">{said.detail}</span>
            </p>
          )}
        </div>
        <Link
          className="button"
          href={closeHref}
          scroll={false}
          prefetch={false}
          data-test={MARKS.logs.detailClose}
          aria-label="Close the detail"
        >
          Close
        </Link>
      </div>
      <div className="node-body">
        {line === undefined ? (
          <p className="muted">No node that is known now says that it has this.</p>
        ) : (
          <Known line={line} lines={now.lines ?? []} />
        )}
      </div>
    </aside>
  );
}

function titleOf({ row, subscriber }: LogLine): string {
  const log = `${inertName(row.log)} on ${inertName(row.node)}`;
  return subscriber === null ? log : `${inertName(subscriber.name)} of ${log}`;
}

function Known({ line, lines }: { readonly line: LogLine; readonly lines: readonly LogLine[] }) {
  const { row, subscriber } = line;
  return (
    <>
      <LineActions line={line} />
      <Why line={line} />
      <Facts line={line} />
      {subscriber === null ? null : (
        <>
          <Section id="log-history" title="The last hour">
            <LagChart of={{ node: row.node, log: row.log, subscriber: subscriber.name }} />
          </Section>
          <Section id="log-same" title={`Where else ${inertName(subscriber.name)} reads`}>
            <SameName line={line} lines={lines} />
          </Section>
        </>
      )}
    </>
  );
}

function Section(props: { readonly id: string; readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-labelledby={props.id}>
      <h3 className="section-title" id={props.id}>
        {props.title}
      </h3>
      {props.children}
    </section>
  );
}

function Why({ line }: { readonly line: LogLine }) {
  const reasons = whyOf(line);
  if (reasons.length === 0) return null;
  return (
    <details className="log-why" open={line.verdict?.kind !== 'keepingUp'} data-test={MARKS.logs.why}>
      <summary>Why?</summary>
      {reasons.map((reason) => (
        <p key={reason} data-test={MARKS.logs.whyText}>
          {reason}
        </p>
      ))}
    </details>
  );
}

function Facts({ line }: { readonly line: LogLine }) {
  const nowMs = useGatewayNow();
  const { row, subscriber } = line;
  return (
    <dl className="facts">
      {subscriber === null ? null : <ReaderFacts line={line} />}
      <dt>Latest</dt>
      <dd>
        <CopyPosition of="latest" position={row.latest} />
      </dd>
      <dt>Oldest kept</dt>
      <dd>
        <CopyPosition of="oldest" position={row.first} />
      </dd>
      <dt>Written</dt>
      <dd>
        {formatRate(row.recordsPerS)}, {formatRate(row.bytesPerS, true)}
      </dd>
      <dt>On disk</dt>
      <dd>
        {formatBytes(row.onDiskBytes)}
        {row.segments === null ? '' : ` in ${plural(row.segments, 'segment')}`}
        {row.disk === null
          ? ''
          : `; ${formatBytes(row.disk.freeBytes)} of ${formatBytes(row.disk.totalBytes)} are free`}
      </dd>
      {row.state === 'ok' && row.gaps === 0 ? null : (
        <>
          <dt>The log</dt>
          <dd>
            {row.state === 'ok' ? null : (
              <Status shape={LOG_STATES[row.state].shape}>{LOG_STATES[row.state].detail}</Status>
            )}{' '}
            {row.gaps === 0 ? '' : `${plural(row.gaps, 'place')} could not be read`}
          </dd>
        </>
      )}
      <dt>Directory</dt>
      <dd className="mono log-path">{inertText(row.path)}</dd>
      <dt>Told</dt>
      <dd className={line.current ? undefined : 'value-stale'}>
        {formatMoment(row.toldMs, nowMs)}
        {nowMs === null ? '' : `, ${formatDuration(nowMs - row.toldMs)} ago`}
      </dd>
    </dl>
  );
}

function ReaderFacts({ line }: { readonly line: LogLine }) {
  const nowMs = useGatewayNow();
  const { subscriber, verdict, pause } = line;
  if (subscriber === null) return null;
  const { lag } = subscriber;
  const disk = diskWords(diskFullS(verdict));
  return (
    <>
      <dt>Checkpoint</dt>
      <dd>
        <CopyPosition of="checkpoint" position={subscriber.position} />
      </dd>
      <dt>Not read</dt>
      <dd className={line.current ? undefined : 'value-stale'}>
        {lag === null
          ? `${UNKNOWN} not known`
          : lag.records === 0
            ? 'nothing: everything is read'
            : `${groupDigits(lag.records)} records, ${formatBytes(lag.bytes)}, the oldest ${formatDuration(lagAgeMs(line, nowMs))} old`}
      </dd>
      <dt>Read</dt>
      <dd>
        {formatRate(subscriber.recordsPerS)}, {formatRate(subscriber.bytesPerS, true)};{' '}
        {subscriber.movedMs === null
          ? 'not since its node started'
          : `last at ${formatMoment(subscriber.movedMs, nowMs)}`}
      </dd>
      <dt>By</dt>
      <dd>{readerWords(line)}</dd>
      {disk === null ? null : (
        <>
          <dt>Estimate</dt>
          <dd>{disk}, if everything goes on as in the last minute</dd>
        </>
      )}
      {pause === null ? null : (
        <>
          <dt>Alerts</dt>
          <dd>
            paused by {inertName(pause.by)} until {formatMoment(pause.untilMs, nowMs)}
            {pause.reason === '' ? '' : `: ${inertText(pause.reason)}`}
          </dd>
        </>
      )}
    </>
  );
}

function readerWords({ subscriber }: LogLine): string {
  if (subscriber === null) return UNKNOWN;
  const { by, job, active } = subscriber;
  if (job === null) return active ? 'in use on its node' : 'nobody now';
  return `${by === null ? 'somebody who gave no name' : inertName(by)}, job ${job}`;
}

/** More are counted. */
const SAME_SHOWN_MAX = 20;

function SameName({ line, lines }: { readonly line: LogLine; readonly lines: readonly LogLine[] }) {
  const nowMs = useGatewayNow();
  const others = lines.filter(
    (each) => each !== line && each.subscriber?.name === line.subscriber?.name && each.id !== line.id,
  );
  if (others.length === 0) return <p className="muted">Nowhere that is known.</p>;
  return (
    <ul className="plain-list">
      {others.slice(0, SAME_SHOWN_MAX).map((other) => {
        const { shape, word } = saidOf(other, nowMs);
        return (
          <li key={other.id} className="node-vip" data-test={MARKS.logs.same} data-line={other.id}>
            <Link href={logHref(other.id)} prefetch={false}>
              {inertName(other.row.log)} on {inertName(other.row.node)}
            </Link>
            <span>
              <span className={other.current ? 'muted' : 'value-stale'}>
                {other.subscriber?.lag == null ? '' : `${formatCount(other.subscriber.lag.records)} `}
              </span>
              <Status shape={shape}>{word}</Status>
            </span>
          </li>
        );
      })}
      {others.length > SAME_SHOWN_MAX ? (
        <li className="muted">and {others.length - SAME_SHOWN_MAX} more</li>
      ) : null}
    </ul>
  );
}
