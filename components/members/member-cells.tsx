'use client';

/** Cells of the members: each follows what it shows by itself. */

import type { ReactNode } from 'react';
import { MARKS } from '../test-marks.ts';
import { formatAge, formatDuration, formatMoment, formatSkew, plural, UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status, StatusGlyph } from '../ui/status-glyph.tsx';
import { memberFlags } from './member-flags.ts';
import { type Member, memberName, sigilName, stateWords, upMs } from './member-words.ts';
import { useNowOfMembers } from './members-now.ts';
import { sightOf } from './perspective.ts';
import { CELL_GLYPHS, cellWord } from './who-sees-whom.ts';

type CellProps = { readonly member: Member };

export function NameCell({ member }: CellProps) {
  return (
    <>
      <span className="name-tag">
        <NodeSigil name={sigilName(member)} dim={member.state === 'departed'} />
        <span className="name-tag-text">{memberName(member)}</span>
      </span>
      {member.nodeName === null ? <span className="cell-note mono">{inertName(member.id)}</span> : null}
      {member.duplicateName ? (
        <span className="tag" data-test={MARKS.members.duplicate}>
          <StatusGlyph shape="disputed" /> name used twice
        </span>
      ) : null}
    </>
  );
}

export function StateCell({ member }: CellProps) {
  const { freshness, gatewayMs } = useNowOfMembers();
  const state = stateWords(member, freshness.members[member.id], gatewayMs);
  return (
    <span title={state.detail}>
      <Status shape={state.shape} mark={MARKS.members.state}>
        {state.word}
      </Status>
    </span>
  );
}

/** What was last said by who says nothing now, drawn as such. */
function Value({ member, children }: CellProps & { readonly children: ReactNode }) {
  const { freshness } = useNowOfMembers();
  const { level } = freshness;
  const stale =
    member.state === 'departed' ||
    freshness.members[member.id]?.level === 'silent' ||
    level === 'lostBus' ||
    level === 'disconnected';
  return <span className={stale ? 'value-stale' : undefined}>{children}</span>;
}

/** The dash of a departed member is no value that could be stale. */
export function UpCell({ member }: CellProps) {
  const { gatewayMs } = useNowOfMembers();
  if (member.state === 'departed') return UNKNOWN;
  return <Value member={member}>{formatDuration(upMs(member, gatewayMs))}</Value>;
}

export function HeardCell({ member }: CellProps) {
  const { freshness } = useNowOfMembers();
  if (member.state === 'departed') return UNKNOWN;
  return <Value member={member}>{formatAge(freshness.members[member.id]?.ageMs)}</Value>;
}

export function VersionCell({ member }: CellProps) {
  return (
    <>
      {member.version === null ? UNKNOWN : inertName(member.version)}
      {member.versionDiffers ? (
        <span className="tag">
          <StatusGlyph shape="warning" /> differs
        </span>
      ) : null}
    </>
  );
}

export function ViewCell({ member }: CellProps) {
  const { flags } = useNowOfMembers();
  if (member.state === 'departed' || member.viewId === null) return UNKNOWN;
  const differs = memberFlags(member, flags).includes('view');
  return (
    <span className="status" data-tone={differs ? 'critical' : 'ok'}>
      <StatusGlyph shape={differs ? 'disputed' : 'ok'} />
      <span className="status-word mono view-id">{inertName(member.viewId)}</span>
      {differs ? <span className="visually-hidden">another view than the gateway’s</span> : null}
    </span>
  );
}

export function ClockCell({ member }: CellProps) {
  const { flags } = useNowOfMembers();
  return (
    <>
      <Value member={member}>{formatSkew(member.clockSkewMs)}</Value>
      {memberFlags(member, flags).includes('clock') ? (
        <span className="tag">
          <StatusGlyph shape="warning" />
          <span className="visually-hidden">large clock difference</span>
        </span>
      ) : null}
    </>
  );
}

/** How many addresses it owns, and what keeps it from having them. */
export function VipsCell({ member }: CellProps) {
  const { vipNodes } = useNowOfMembers();
  const row = vipNodes[member.nodeName ?? ''];
  if (row === undefined || member.state === 'departed') return UNKNOWN;
  return (
    <>
      <Value member={member}>{row.owned}</Value>
      {row.draining ? (
        <span className="tag">
          <StatusGlyph shape="moving" /> draining
        </span>
      ) : null}
      {row.failed > 0 ? (
        <span className="tag" data-tone="critical">
          <StatusGlyph shape="critical" /> {row.failed} failed
        </span>
      ) : null}
    </>
  );
}

/** Generation, and what is wrong with it. */
export function ConfigCell({ member }: CellProps) {
  const { config } = member;
  const { gatewayMs } = useNowOfMembers();
  if (config === null) return UNKNOWN;
  const failed = config.lastReload?.ok === false ? config.lastReload : null;
  return (
    <>
      <span title={`live since ${formatMoment(config.sinceMs, gatewayMs)} by its own clock`}>
        <Value member={member}>{config.generation}</Value>
      </span>
      {failed === null ? null : (
        <span
          className="tag"
          data-tone="critical"
          data-test={MARKS.members.reloadFailed}
          title={`at ${formatMoment(failed.atMs, gatewayMs)}: ${plural(failed.errors, 'error')}`}
        >
          <StatusGlyph shape="critical" /> reload failed
        </span>
      )}
      {config.unsaved > 0 ? (
        <span className="tag" title="changes by console that are in no file">
          <StatusGlyph shape="warning" /> {config.unsaved} unsaved
        </span>
      ) : null}
    </>
  );
}

/** Whether the chosen server sees it, or how many of all do. */
export function SightCell({ member }: CellProps) {
  const { matrix, perspective } = useNowOfMembers();
  const sight = sightOf(member, matrix, perspective);
  switch (sight.kind) {
    case 'none':
      return UNKNOWN;
    case 'told':
      return <Status shape={CELL_GLYPHS[sight.state]}>{cellWord(sight.state)}</Status>;
    case 'counted':
      return (
        <Status shape={sight.by === sight.of ? 'ok' : sight.by === 0 ? 'critical' : 'disputed'}>
          {sight.by} of {sight.of}
        </Status>
      );
  }
}
