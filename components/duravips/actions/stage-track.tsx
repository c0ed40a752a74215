'use client';

/** The stages of one address on its way (D4): what was told, when and by whom; the present one counts. */

import type { OperationItem } from '../../../server/wire/duravip.ts';
import { MARKS } from '../../test-marks.ts';
import { formatAge, formatRfc3339 } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import { NodeSigil } from '../../ui/sigil.tsx';
import { type GlyphShape, StatusGlyph } from '../../ui/status-glyph.tsx';
import { awaitedNode, type ReachedStage, STAGE_WORDS, stagesOf } from './operation-words.ts';

const GLYPHS: Readonly<Record<ReachedStage['reached'], GlyphShape>> = {
  yes: 'ok',
  now: 'moving',
  late: 'warning',
  no: 'none',
  skipped: 'none',
};

export type StageTrackProps = {
  readonly item: OperationItem;
  readonly createdMs: number;
  /** Wall clock of the gateway. */
  readonly nowMs: number | null;
};

export function StageTrack({ item, createdMs, nowMs }: StageTrackProps) {
  const awaited = awaitedNode(item);
  return (
    <ol className="stages" aria-label={`Stages of ${inertName(item.address)}`}>
      {stagesOf(item, createdMs, nowMs).map((each) => (
        <li
          key={each.stage}
          className="stage"
          data-test={MARKS.duravips.actions.stage}
          data-stage={each.stage}
          data-reached={each.reached}
        >
          <StatusGlyph shape={GLYPHS[each.reached]} />
          <span className="stage-word">{STAGE_WORDS[each.stage]}</span>
          <StageNode
            node={each.node ?? (each.reached === 'now' || each.reached === 'late' ? awaited : null)}
          />
          <span className="stage-time" title={each.atMs === null ? undefined : formatRfc3339(each.atMs)}>
            {timeWords(each)}
          </span>
        </li>
      ))}
    </ol>
  );
}

function StageNode({ node }: { readonly node: string | null }) {
  if (node === null) return <span />;
  return (
    <span className="name-tag">
      <NodeSigil name={node} size="small" />
      <span className="isolate-text">{inertName(node)}</span>
    </span>
  );
}

function timeWords({ stage, reached, afterMs, lastsMs }: ReachedStage): string {
  switch (reached) {
    case 'yes':
      return `after ${formatAge(afterMs)}`;
    case 'now':
      return `waiting ${formatAge(lastsMs)}`;
    case 'late':
      return `late, ${formatAge(lastsMs)}`;
    case 'skipped':
      return stage === 'released' ? 'nobody had it' : 'not told';
    case 'no':
      return '';
  }
}
