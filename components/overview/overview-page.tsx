'use client';

/** Overview: in five seconds, is it whole, is it agreed, is it served, is anything behind; and what to do about it. */

import { lazy, Suspense, useMemo } from 'react';
import { vipPictureOf } from '../duravips/vip-picture.ts';
import type { Freshness } from '../live/freshness.ts';
import { useFreshness, useGatewayNow, useLive } from '../live/use-live.ts';
import { logPictureOf } from '../logs/log-picture.ts';
import { useLogLines } from '../logs/use-log-lines.ts';
import { useSpokenEvents } from '../members/use-spoken-events.ts';
import { MARKS } from '../test-marks.ts';
import { formatDuration, formatMoment } from '../ui/format-time.ts';
import { usePageTitle } from '../ui/use-page-title.ts';
import { behindVerdict } from './behind.ts';
import { type Picture, pictureOf } from './picture.ts';
import { servedVerdict } from './served.ts';
import { TILE_NAMES, Tile, type TileName } from './tile.tsx';
import { TileBoundary } from './tile-boundary.tsx';
import { agreedVerdict, type Verdict, wholeVerdict } from './verdicts.ts';

const Attentions = lazy(() => import('./attentions.tsx').then((part) => ({ default: part.Attentions })));
const OverviewDetails = lazy(() =>
  import('./overview-details.tsx').then((part) => ({ default: part.OverviewDetails })),
);

/** Ages on the page move at this pace; changes come at once. */
const EVERY_MS = 500;

const VERDICTS: Readonly<Record<TileName, (picture: Picture) => Verdict>> = {
  whole: wholeVerdict,
  agreed: agreedVerdict,
  served: servedVerdict,
  behind: behindVerdict,
};

export function OverviewPage() {
  usePageTitle('Overview');
  useSpokenEvents();
  const picture = usePicture();
  const stale = staleWords(picture.freshness, picture.gatewayMs);
  return (
    <div className="overview" data-test={MARKS.overview.page}>
      <div className="page-head">
        <h1 className="page-title">Overview</h1>
      </div>
      <div className="tiles">
        {TILE_NAMES.map((name) => (
          <TileBoundary key={name} name={name} of={picture}>
            <JudgedTile name={name} picture={picture} stale={stale} />
          </TileBoundary>
        ))}
      </div>
      <div className="overview-lower">
        <section className="overview-attention" aria-labelledby="attention-title">
          <div className="section-head">
            <h2 className="section-title" id="attention-title">
              Needs attention
            </h2>
            <span className="label">most harmful first</span>
          </div>
          <Suspense fallback={<p className="muted attention-none">Loading…</p>}>
            <Attentions picture={picture} />
          </Suspense>
        </section>
        <Suspense fallback={<p className="muted overview-nodes">Loading…</p>}>
          <OverviewDetails picture={picture} />
        </Suspense>
      </div>
    </div>
  );
}

function usePicture(): Picture {
  const freshness = useFreshness(EVERY_MS);
  const gatewayMs = useGatewayNow(EVERY_MS);
  const model = useLive(({ live }) => live.model);
  const loaded = useLive(({ live }) => live.loaded);
  const { vips: rows, duravip, aggregators } = model;
  const { lines } = useLogLines();
  const logs = useMemo(() => logPictureOf(lines ?? [], Object.values(aggregators)), [lines, aggregators]);
  const vips = useMemo(() => vipPictureOf({ vips: rows, duravip }), [rows, duravip]);
  return pictureOf({ model, loaded, freshness, gatewayMs, vips, logs });
}

/** Drawn inside the boundary, so that a verdict that fails takes only its own tile with it. */
function JudgedTile(props: {
  readonly name: TileName;
  readonly picture: Picture;
  readonly stale: string | null;
}) {
  const verdict = VERDICTS[props.name](props.picture);
  return <Tile name={props.name} verdict={verdict} stale={verdict.state === 'absent' ? null : props.stale} />;
}

/** Null while what is shown is what is. */
function staleWords({ level, bus, gateway }: Freshness, gatewayMs: number | null): string | null {
  if (level !== 'stale' && level !== 'lostBus' && level !== 'disconnected') return null;
  const ageMs = Math.max(bus.ageMs ?? 0, gateway.ageMs ?? 0);
  if (gatewayMs === null) return 'never heard';
  return `as of ${formatMoment(gatewayMs - ageMs, gatewayMs)} (${formatDuration(ageMs)} ago)`;
}
