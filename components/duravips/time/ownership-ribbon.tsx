'use client';

/** The last 24 hours of one address in a cell. Rows that come into view at once are asked for together. */

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { useCollection } from '../../live/use-live.ts';
import { MARKS } from '../../test-marks.ts';
import { UNKNOWN } from '../../ui/format-time.ts';
import { LANES_MAX, useHistory } from './history-queries.ts';
import { type Lane, laneWords, looksOf, piecesOf, type Span, spanWords } from './lane.ts';
import { LanePatterns } from './lane-patterns.tsx';
import { LanePicture } from './lane-picture.tsx';

const DAY_MS = 86_400_000;
/** Scrolling past is no reason to ask. */
const GATHER_MS = 150;
const HEIGHT = 14;

type Ribbons = {
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly span: Span;
  readonly keptSinceMs: number | null;
  readonly looks: ReadonlyMap<string, number>;
  /** @returns a function that ends the wish. */
  readonly want: (address: string) => () => void;
};

const RibbonContext = createContext<Ribbons | null>(null);

/** Around the table whose cells are ribbons. */
export function RibbonProvider({ children }: { readonly children: ReactNode }) {
  const { wanted, want } = useWanted();
  const nodes = useCollection('vipNodes');
  const vips = useCollection('vips');
  const changed = useMemo(
    () => wanted.map((address) => vips[address]?.ownerSinceMs ?? '').join(),
    [wanted, vips],
  );
  const { data } = useHistory(wanted, DAY_MS, changed);
  const value = useMemo<Ribbons>(() => {
    const lanes = new Map(data?.lanes.map((lane) => [lane.address, lane]));
    return {
      lanes,
      span: data ?? { fromMs: 0, toMs: 0 },
      keptSinceMs: data?.keptSinceMs ?? null,
      looks: looksOf(Object.keys(nodes)),
      want,
    };
  }, [data, nodes, want]);
  return (
    <RibbonContext value={value}>
      <LanePatterns />
      {children}
    </RibbonContext>
  );
}

/** Addresses that cells on screen want now, settled and sorted. */
function useWanted(): { readonly wanted: readonly string[]; readonly want: Ribbons['want'] } {
  const [counts] = useState(() => new Map<string, number>());
  const [wanted, setWanted] = useState<readonly string[]>([]);
  const [timer] = useState<{ id: ReturnType<typeof setTimeout> | undefined }>(() => ({ id: undefined }));
  const settle = useCallback(() => {
    clearTimeout(timer.id);
    timer.id = setTimeout(() => {
      const next = [...counts.keys()].sort().slice(0, LANES_MAX);
      setWanted((before) => (before.join() === next.join() ? before : next));
    }, GATHER_MS);
  }, [counts, timer]);
  useEffect(() => () => clearTimeout(timer.id), [timer]);
  const want = useCallback(
    (address: string) => {
      counts.set(address, (counts.get(address) ?? 0) + 1);
      settle();
      return () => {
        const left = (counts.get(address) ?? 1) - 1;
        if (left > 0) counts.set(address, left);
        else counts.delete(address);
        settle();
      };
    },
    [counts, settle],
  );
  return { wanted, want };
}

export function OwnershipRibbon({ address }: { readonly address: string }) {
  const ribbons = useContext(RibbonContext);
  const want = ribbons?.want;
  useEffect(() => want?.(address), [want, address]);
  const lane = ribbons?.lanes.get(address);
  return (
    <span className="vip-ribbon" data-test={MARKS.duravips.time.ribbon} data-vip={address}>
      {ribbons === null || lane === undefined ? (
        <span className="muted">{UNKNOWN}</span>
      ) : (
        <LanePicture
          pieces={piecesOf(lane, ribbons.span, ribbons.keptSinceMs)}
          looks={ribbons.looks}
          label={`Last 24 hours: ${laneWords(lane, spanWords)}`}
          height={HEIGHT}
        />
      )}
    </span>
  );
}
