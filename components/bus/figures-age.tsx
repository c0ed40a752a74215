'use client';

/** How old a server's figures are, where they stand; marked when they are not what is now. */

import { useGatewayNow } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { formatAge, formatMoment, UNKNOWN } from '../ui/format-time.ts';
import { StatusGlyph } from '../ui/status-glyph.tsx';
import type { BusServer } from './bus-picture.ts';

export function FiguresAge({ server }: { readonly server: BusServer | undefined }) {
  const nowMs = useGatewayNow(60_000);
  if (server === undefined) return <span data-test={MARKS.bus.age}>never</span>;
  const { figures, old, ageMs } = server;
  if (!figures.current) {
    return (
      <span className="value-stale" data-test={MARKS.bus.age} data-old={true}>
        as of {formatMoment(figures.toldMs, nowMs)}
      </span>
    );
  }
  if (old) {
    return (
      <span className="status" data-tone="stale" data-test={MARKS.bus.age} data-old={true}>
        <StatusGlyph shape="unknown" />
        <span className="value-stale">{formatAge(ageMs)}</span>
      </span>
    );
  }
  return (
    <span className="muted" data-test={MARKS.bus.age}>
      {ageMs === null ? UNKNOWN : formatAge(ageMs)}
    </span>
  );
}
