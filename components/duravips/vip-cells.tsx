'use client';

/** Cells of the addresses. Solid is fact, dashed is intent; what a silent node has is marked at its own cells only. */

import type { ReactNode } from 'react';
import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatRfc3339, UNKNOWN } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status, StatusGlyph } from '../ui/status-glyph.tsx';
import { useNarrow } from '../ui/use-narrow.ts';
import { MoveButton } from './actions/move-button.tsx';
import {
  agreementOf,
  curesOf,
  dissentersOf,
  FLAG_WORDS,
  type Flag,
  type OwnerFact,
  ownerFact,
  sayingWords,
  type Vip,
} from './vip-words.ts';
import { useVipsNow } from './vips-now.tsx';

type CellProps = { readonly vip: Vip };

/** A node by its sigil and its name. */
export function NodeTag({ name, intent = false }: { readonly name: string; readonly intent?: boolean }) {
  const { silent, cut } = useVipsNow();
  const mute = silent.has(name);
  return (
    <span className="name-tag vip-node" data-intent={intent || undefined} data-silent={mute || undefined}>
      <NodeSigil name={name} size="small" dim={intent || mute} />
      <span className={mute || cut ? 'name-tag-text value-stale' : 'name-tag-text'}>{inertName(name)}</span>
      {mute ? <span className="vip-silent">silent</span> : null}
    </span>
  );
}

export function NamesCell({ vip }: CellProps) {
  const [first, ...more] = vip.names;
  if (first === undefined) return UNKNOWN;
  return (
    <span title={vip.names.map(inertName).join(', ')}>
      {inertName(first)}
      {more.length === 0 ? null : <span className="muted"> +{more.length}</span>}
    </span>
  );
}

const OWNERS: Readonly<Record<OwnerFact, (vip: Vip) => ReactNode>> = {
  owned: (vip) => (
    <>
      <NodeTag name={vip.owner ?? ''} />
      <PlumbTag vip={vip} />
    </>
  ),
  moving: (vip) => (
    <span className="status" data-tone="flight">
      <StatusGlyph shape="moving" />
      <span className="visually-hidden">moving from</span>
      {vip.owner === null ? <span>nobody</span> : <NodeTag name={vip.owner} intent />}
      <span aria-hidden="true">→</span>
      <span className="visually-hidden">to</span>
      {vip.next === null ? <span>not known</span> : <NodeTag name={vip.next} intent />}
    </span>
  ),
  disputed: (vip) => (
    <>
      <Status shape="disputed">{ownersWord(vip)}</Status>
      <span className="vip-claims">
        {claimants(vip).map((name) => (
          <NodeTag key={name} name={name} />
        ))}
      </span>
    </>
  ),
  unowned: () => <Status shape="unowned">unowned</Status>,
  unmanaged: () => <Status shape="unmanaged">unmanaged</Status>,
  unknown: () => <Status shape="unknown">not known</Status>,
};

function claimants(vip: Vip): readonly string[] {
  return [...(vip.owner === null ? [] : [vip.owner]), ...vip.claims];
}

function ownersWord(vip: Vip): string {
  const count = claimants(vip).length;
  return count === 2 ? 'two owners' : count === 1 ? 'claimed' : `${count} owners`;
}

export function OwnerCell({ vip }: CellProps) {
  const fact = ownerFact(vip);
  return (
    <span className="vip-owner" data-test={MARKS.duravips.owner} data-fact={fact}>
      {OWNERS[fact](vip)}
    </span>
  );
}

/** Owned, and not on the host of its owner. */
function PlumbTag({ vip }: CellProps) {
  if (vip.state === 'up') return null;
  if (vip.state === 'failed') {
    return (
      <span className="tag" data-tone="critical" title={inertText(vip.text)}>
        <StatusGlyph shape="critical" /> plumb failed
      </span>
    );
  }
  return (
    <span className="tag">
      <StatusGlyph shape={vip.state === 'coming' ? 'moving' : 'unknown'} />{' '}
      {vip.state === 'coming' ? 'coming up' : 'not told if up'}
    </span>
  );
}

/** Names that fit; more are counted. */
const DISAGREE_SHOWN_MAX = 2;

export function AgreeCell({ vip }: CellProps) {
  const { agree, of, unheard } = agreementOf(vip);
  if (of === 0) return UNKNOWN;
  const others = dissentersOf(vip);
  const shape = others.length > 0 ? 'disputed' : unheard > 0 ? 'unknown' : 'ok';
  const said = others.map(sayingWords);
  if (unheard > 0) said.push(`${unheard} not heard`);
  const shown = others.slice(0, DISAGREE_SHOWN_MAX);
  return (
    <span data-test={MARKS.duravips.agree} title={said.join('; ') || 'All that have it agree.'}>
      <Status shape={vip.phase === 'moving' && shape === 'disputed' ? 'moving' : shape}>
        {agree}/{of}
      </Status>
      {shown.map(({ node }) => (
        <span key={node} className="vip-dissent">
          <span className="visually-hidden">disagrees: </span>
          {inertName(node)}
        </span>
      ))}
      {others.length > shown.length ? (
        <span className="vip-dissent">+{others.length - shown.length}</span>
      ) : null}
    </span>
  );
}

export function PreferenceCell({ vip }: CellProps) {
  return (
    <>
      {vip.preference === null ? UNKNOWN : inertName(vip.preference)}
      {vip.pinned === null ? null : (
        <span className="tag" title={`A move keeps it at ${inertName(vip.pinned)} until unpin.`}>
          pinned{vip.pinned === vip.owner ? '' : ` to ${inertName(vip.pinned)}`}
        </span>
      )}
    </>
  );
}

/** Glyph and word; the cure is the title here, and a sentence in the detail. */
export function FlagsCell({ vip }: CellProps) {
  if (vip.flags.length === 0) return <span className="muted vip-flag-none">·</span>;
  const cures = curesOf(vip);
  return vip.flags.map((flag) => (
    <FlagTag key={flag} flag={flag} cure={cures.find(({ problem }) => problem === flag)?.cure ?? ''} />
  ));
}

function FlagTag({ flag, cure }: { readonly flag: Flag; readonly cure: string }) {
  const { shape, tone, word, cause } = FLAG_WORDS[flag];
  return (
    <span className="vip-flag" data-test={MARKS.duravips.flag} data-flag={flag} title={`${cause}. ${cure}`}>
      <Status shape={shape} {...(tone === undefined ? {} : { tone })}>
        {word}
      </Status>
    </span>
  );
}

/** Ticks by itself: the row does not change while nothing happens. */
export function AgeCell({ sinceMs, mark }: { readonly sinceMs: number | null; readonly mark?: string }) {
  const nowMs = useGatewayNow();
  const { cut } = useVipsNow();
  if (sinceMs === null || nowMs === null) return UNKNOWN;
  return (
    <span
      className={cut ? 'value-stale' : undefined}
      title={`since ${formatRfc3339(sinceMs)}`}
      data-test={mark}
    >
      {formatDuration(nowMs - sinceMs)}
    </span>
  );
}

/** On a phone one wide button that says where to. */
export function ActCell({ vip }: CellProps) {
  return <MoveButton row={vip} wide={useNarrow()} />;
}
