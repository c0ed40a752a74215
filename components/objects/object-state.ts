'use client';

/** What somebody asked of one object: all of it stands in the address, so that a link is a saved view. */

import { useMemo } from 'react';
import { OBJECT_ROWS_MAX, SKEW_PART } from '../../server/wire/objects.ts';
import { readNames } from '../ui/url-query.ts';
import { useUrlState } from '../ui/url-state.ts';
import { OPEN_MAX, toggledName, WATCHED_MAX } from './object-address.ts';

export const TOPS: readonly number[] = [50, 100, OBJECT_ROWS_MAX];
const TOP_FIRST = 100;
/** Percent. */
export const DELTAS: readonly number[] = [0, 1, 5, 10, 25, 50];
const DELTA_FIRST = Math.round(SKEW_PART * 100);

export type Choice = { readonly value: string; readonly choose: (value: string) => void };

export type ObjectState = {
  /** Whose data: empty for the sum of all shares, else a node whose share it is. */
  readonly data: Choice;
  /** Whose column: empty for every node. */
  readonly by: Choice;
  readonly find: Choice;
  readonly top: number;
  readonly chooseTop: (top: number) => void;
  readonly diff: boolean;
  readonly setDiff: (on: boolean) => void;
  readonly deltaPercent: number;
  readonly chooseDelta: (percent: number) => void;
  readonly open: readonly string[];
  readonly toggleOpen: (netblock: string) => void;
  readonly watched: readonly string[];
  readonly toggleWatched: (key: string) => void;
};

export function useObjectState(): ObjectState {
  const [data, chooseData] = useUrlState('data', '');
  const [by, chooseBy] = useUrlState('by', '');
  const [find, chooseFind] = useUrlState('find', '');
  const [top, setTop] = useUrlState('top', String(TOP_FIRST));
  const [diff, setDiff] = useUrlState('diff', '');
  const [delta, setDelta] = useUrlState('delta', String(DELTA_FIRST));
  const [open, setOpen] = useUrlState('open', '');
  const [watched, setWatched] = useUrlState('watch', '');
  return {
    data: { value: data, choose: chooseData },
    by: { value: by, choose: chooseBy },
    find: { value: find, choose: chooseFind },
    top: oneOf(TOPS, top, TOP_FIRST),
    chooseTop: (next) => setTop(String(next)),
    diff: diff !== 'off',
    setDiff: (on) => setDiff(on ? '' : 'off'),
    deltaPercent: oneOf(DELTAS, delta, DELTA_FIRST),
    chooseDelta: (next) => setDelta(String(next)),
    open: useMemo(() => distinct(open, OPEN_MAX), [open]),
    toggleOpen: (netblock) => setOpen(toggledName(open, netblock, OPEN_MAX)),
    watched: useMemo(() => distinct(watched, WATCHED_MAX), [watched]),
    toggleWatched: (key) => setWatched(toggledName(watched, key, WATCHED_MAX)),
  };
}

function oneOf(known: readonly number[], text: string, initial: number): number {
  return known.find((each) => String(each) === text) ?? initial;
}

function distinct(text: string, most: number): readonly string[] {
  return [...new Set(readNames(text))].slice(0, most);
}
