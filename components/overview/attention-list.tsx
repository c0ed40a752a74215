'use client';

/** What needs somebody, the most harmful first, each with its cause, its start and the next step. */

import Link from 'next/link';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment, formatRfc3339 } from '../ui/format-time.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { StatusGlyph } from '../ui/status-glyph.tsx';
import { ATTENTION_SHOWN_MAX, type Attention } from './attention.ts';

export type AttentionListProps = {
  /** Null while nothing is known. */
  readonly items: readonly Attention[] | null;
  readonly gatewayMs: number | null;
};

export function AttentionList({ items, gatewayMs }: AttentionListProps) {
  if (items === null) return <p className="muted attention-none">Waiting for the first data…</p>;
  if (items.length === 0) {
    return (
      <p className="muted attention-none" data-test={MARKS.overview.attentionNone}>
        Nothing needs attention.
      </p>
    );
  }
  const more = items.length - ATTENTION_SHOWN_MAX;
  return (
    <>
      <ol className="attention">
        {items.slice(0, ATTENTION_SHOWN_MAX).map((item) => (
          <AttentionItem key={item.id} item={item} gatewayMs={gatewayMs} />
        ))}
      </ol>
      {more > 0 ? <p className="muted attention-none">and {more} more</p> : null}
    </>
  );
}

function AttentionItem({ item, gatewayMs }: { readonly item: Attention; readonly gatewayMs: number | null }) {
  return (
    <li data-test={MARKS.overview.attention} data-kind={item.kind}>
      <StatusGlyph shape={item.shape} />
      {item.sigil === null ? <span /> : <NodeSigil name={item.sigil} size="small" />}
      <span className="attention-what">
        <b className="isolate-text">{item.title}</b> <span className="muted isolate-text">{item.cause}</span>
      </span>
      <span className="attention-since muted">{since(item.sinceMs, gatewayMs)}</span>
      <Link href={item.next.href} prefetch={false}>
        {item.next.label}
      </Link>
    </li>
  );
}

function since(sinceMs: number | null, gatewayMs: number | null) {
  if (sinceMs === null) return 'start not known';
  const ago = gatewayMs === null ? '' : `, ${formatDuration(gatewayMs - sinceMs)}`;
  return (
    <time dateTime={formatRfc3339(sinceMs)} title={formatRfc3339(sinceMs)}>
      since {formatMoment(sinceMs, gatewayMs)}
      {ago}
    </time>
  );
}
