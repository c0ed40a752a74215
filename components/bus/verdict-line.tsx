'use client';

/** The answer on top: is the mesh complete and in one view; who is in it, in the order in which messages are agreed. */

import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment, formatRfc3339, plural, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status } from '../ui/status-glyph.tsx';
import type { BusPicture } from './bus-picture.ts';
import type { BusVerdict, ToldView } from './bus-verdict.ts';

/** Members drawn one by one; more are counted. */
const MEMBERS_SHOWN_MAX = 16;

export type VerdictLineProps = {
  readonly verdict: BusVerdict;
  readonly picture: BusPicture;
  /** Since when figures are missing, in words; null while they come. */
  readonly stale: string | null;
};

export function VerdictLine({ verdict, picture, stale }: VerdictLineProps) {
  const tone = stale === null ? {} : ({ tone: 'stale' } as const);
  return (
    <section
      className="bus-verdict"
      aria-label="Verdict"
      data-test={MARKS.bus.verdict}
      data-shape={verdict.shape}
      data-stale={stale === null ? undefined : true}
    >
      <p className="bus-verdict-word">
        <Status shape={verdict.shape} mark={MARKS.bus.verdictWord} {...tone}>
          {verdict.word}
        </Status>
        {stale === null ? null : (
          <span className="value-stale" data-test={MARKS.bus.asOf}>
            {stale}
          </span>
        )}
      </p>
      {verdict.findings.length === 0 ? null : (
        <ul className="bus-findings">
          {verdict.findings.map((finding) => (
            <li key={finding.id} data-test={MARKS.bus.finding} data-shape={finding.shape}>
              <Status shape={finding.shape} {...tone}>
                {finding.text}
              </Status>
            </li>
          ))}
        </ul>
      )}
      {verdict.views.map((view) => (
        <ViewLine key={view.viewId} view={view} nowMs={picture.nowMs} split={verdict.views.length > 1} />
      ))}
    </section>
  );
}

type ViewLineProps = { readonly view: ToldView; readonly nowMs: number | null; readonly split: boolean };

function ViewLine({ view, nowMs, split }: ViewLineProps) {
  const { members, installedMs } = view;
  const more = members.length - MEMBERS_SHOWN_MAX;
  return (
    <div className="view-chain" data-test={MARKS.bus.toldView} data-view={view.viewId}>
      <p className="view-chain-facts">
        <span className="label">view</span> <span className="mono">{inertName(view.viewId)}</span>
        {installedMs === null ? null : (
          <time dateTime={formatRfc3339(installedMs)} title={formatRfc3339(installedMs)} className="muted">
            since {formatMoment(installedMs, nowMs)}
            {nowMs === null ? '' : `, ${formatDuration(nowMs - installedMs)}`}
          </time>
        )}
        {split ? <span className="muted">told by {plural(view.toldBy.length, 'server')}</span> : null}
      </p>
      {members.length === 0 ? (
        <p className="muted">members {UNKNOWN}</p>
      ) : (
        <ol className="view-members" aria-label="Members in agreed order">
          {members.slice(0, MEMBERS_SHOWN_MAX).map((name, index) => (
            <li key={name} data-test={MARKS.bus.viewMember} data-orders={index === 0 || undefined}>
              <NodeSigil name={name} size="small" />
              <span className="isolate-text">{inertName(name)}</span>
              {index === 0 ? <span className="label">orders messages</span> : null}
            </li>
          ))}
          {more > 0 ? <li className="muted">and {more} more</li> : null}
        </ol>
      )}
    </div>
  );
}
