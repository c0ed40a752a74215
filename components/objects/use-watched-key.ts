'use client';

/** One key of an object, asked for by itself each second: what each node says of it, and how it went. */

import { useEffect, useMemo, useState } from 'react';
import type { ObjectColumns } from '../../server/wire/objects.ts';
import { keyQuestion, useObjectRows } from './object-queries.ts';
import { type Comparison, compareValues } from './skew.ts';
import { answeredMs } from './value-rows.ts';
import type { WatchSamples } from './watch-samples.ts';

export type WatchedKey = {
  /** By node name; nodes that said nothing are not in it. */
  readonly values: ReadonlyMap<string, number>;
  readonly compared: Comparison;
  /** Undefined before the first answer; null where no node has it among what it told. */
  readonly found: ObjectColumns['rows'][number] | null | undefined;
  /** What covers a netblock, the largest first. */
  readonly around: readonly string[];
  readonly trouble: string | null;
};

export type WatchedKeyInput = {
  readonly object: string;
  readonly view: string;
  /** The key. */
  readonly id: string;
  readonly tree: boolean;
  readonly asked: readonly string[];
  readonly thresholdPart: number;
  readonly samples: WatchSamples;
};

export function useWatchedKey(input: WatchedKeyInput): WatchedKey {
  const { object, view, id: key, tree, asked, thresholdPart, samples } = input;
  const question = useMemo(() => keyQuestion(object, view, key, tree), [object, view, key, tree]);
  const [answer] = useObjectRows([question], { nodes: asked, soon: false });
  const data = answer?.data;
  const found = data === undefined ? undefined : (data.rows.find((row) => row.key === key) ?? null);
  const values = useMemo(() => valuesOf(data, key, new Set(asked)), [data, key, asked]);
  const compared = useMemo(
    () =>
      compareValues(
        [...values].map(([node, value]) => ({ node, value })),
        thresholdPart,
      ),
    [values, thresholdPart],
  );
  const [, drawn] = useState(0);
  useEffect(() => {
    const atMs = data === undefined ? null : answeredMs(data);
    if (atMs === null) return;
    samples.add(sampleId(object, view, key), atMs, compared.middle, values.values());
    drawn(atMs);
  }, [samples, object, view, key, data, compared, values]);
  const around = tree ? (data?.rows ?? []).map((row) => row.key).filter((each) => each !== key) : [];
  return { values, compared, found, around, trouble: answer?.error?.message ?? null };
}

/** What the samples of a key are kept by. */
export function sampleId(object: string, view: string, key: string): string {
  return JSON.stringify([object, view, key]);
}

/** A node that told all it has and not this has none of it: then the gateway says 0, and so do we. */
function valuesOf(
  data: ObjectColumns | undefined,
  key: string,
  heard: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  const row = data?.rows.find((each) => each.key === key);
  for (const [index, column] of (data?.columns ?? []).entries()) {
    if (column.state !== 'told' || !heard.has(column.node)) continue;
    const value = row === undefined ? (column.atMost === 0 ? 0 : null) : (row.values[index] ?? null);
    if (value !== null) values.set(column.node, value);
  }
  return values;
}
