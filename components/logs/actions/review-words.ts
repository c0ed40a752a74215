/** What a change of an offset would do, in words, and whether it still is what was looked at. Pure. */

import type { LogReview, OffsetTarget } from '../../../server/wire/logs.ts';
import { groupDigits } from '../../bus/bus-words.ts';
import { formatBytes } from '../../ui/format-time.ts';
import { inertName } from '../../ui/inert-text.ts';
import type { Precondition } from '../../ui/preview-obstacle.ts';
import type { LogLine } from '../log-lines.ts';
import { readPosition } from '../positions.ts';

type Amount = LogReview['lost'];

/** `182 records, 41.0 kB`. */
export function amountWords(amount: Amount): string {
  if (amount === null) return 'cannot be counted';
  if (amount.records === 0) return 'nothing';
  return `${groupDigits(amount.records)} ${amount.records === 1 ? 'record' : 'records'}, ${formatBytes(amount.bytes)}`;
}

/** The blast radius in sentences. */
export function effectWords({ replayed, lost, freedBytes, after }: LogReview): readonly string[] {
  const gone = after === null;
  const again =
    replayed === null
      ? ['How many records are read a second time cannot be counted.']
      : replayed.records > 0
        ? [`${amountWords(replayed)} are read a second time: its aggregator writes them again.`]
        : [];
  const never =
    lost === null
      ? ['How many records it never reads cannot be counted.']
      : lost.records > 0
        ? [`${amountWords(lost)} are never read by it.`]
        : [];
  const freed =
    freedBytes === null
      ? ['How much of the disk becomes free is not known.']
      : freedBytes > 0
        ? [
            `${formatBytes(freedBytes)} of segments that nobody else holds are deleted. They do not come back.`,
          ]
        : [];
  const all = [...again, ...never, ...freed];
  if (all.length > 0) return all;
  return [
    gone ? 'It has read everything: nothing is lost.' : 'It goes where it is: nothing is read again or lost.',
  ];
}

/** Where the position moved since, what was looked at is not what would happen. */
export function movedPreconditions(review: LogReview | undefined, line: LogLine): readonly Precondition[] {
  if (review === undefined) return [];
  const now = line.subscriber?.position ?? null;
  if (!line.current)
    return [{ text: 'its node is silent: where it stands now is not known', state: 'unknown' }];
  if (now === review.before) return [{ text: `it still stands at ${now ?? 'no position'}`, state: 'holds' }];
  return [
    {
      text: `it stands at ${now ?? 'no position'}, and stood at ${review.before ?? 'no position'} when this was looked at`,
      state: 'changed',
    },
  ];
}

export const OFFSET_KINDS = ['begin', 'end', 'position', 'records'] as const;
export type OffsetKind = (typeof OFFSET_KINDS)[number];

export type OffsetDraft = {
  readonly kind: OffsetKind;
  readonly position: string;
  readonly records: string;
  readonly direction: 'back' | 'on';
};

const RECORDS_MAX = 1e9;

/** What is asked for; undefined while it is not complete. */
export function targetOf({ kind, position, records, direction }: OffsetDraft): OffsetTarget | undefined {
  switch (kind) {
    case 'begin':
    case 'end':
      return { kind };
    case 'position': {
      const read = readPosition(position);
      return read === undefined ? undefined : { kind, position: read };
    }
    case 'records': {
      if (!/^\d{1,10}$/.test(records.trim())) return undefined;
      const count = Number(records);
      if (count < 1 || count > RECORDS_MAX) return undefined;
      return { kind, records: direction === 'back' ? -count : count };
    }
  }
}

export function objectWords({ row, subscriber }: LogLine): string {
  return `${inertName(subscriber?.name ?? '')} of ${inertName(row.log)} on ${inertName(row.node)}`;
}
