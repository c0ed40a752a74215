'use client';

/** The timeline of the addresses that the page's filter leaves. */

import { useMemo } from 'react';
import { compileFilter } from '../../ui/data-table/filter.ts';
import { useUrlState } from '../../ui/url-state.ts';
import { vipColumns } from '../vip-columns.tsx';
import type { Vip } from '../vip-words.ts';
import { Timeline } from './timeline.tsx';

/** A filter by age looks at the clock when it is asked for. */
const COLUMNS = vipColumns(() => Date.now());

export function FilteredTimeline({
  vips,
  search,
}: {
  readonly vips: readonly Vip[];
  readonly search: string;
}) {
  const [text] = useUrlState('q', '');
  const shown = useMemo(() => vips.filter(compileFilter(text, COLUMNS).matches), [vips, text]);
  return <Timeline vips={shown} search={search} />;
}
