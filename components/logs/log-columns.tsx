'use client';

/** The columns of the logs, with the values that they sort, filter and export by. */

import type { TableColumn } from '../ui/data-table/table-column.ts';
import { formatBytes, UNKNOWN } from '../ui/format-time.ts';
import {
  AmountCell,
  DiskCell,
  LagAgeCell,
  NodeCell,
  PositionCell,
  SinceCell,
  SubscriberCell,
  VerdictCell,
} from './log-cells.tsx';
import { diskFullS, LINE_STATES, type LogLine, lagAgeMs } from './log-lines.ts';
import { formatCount, formatRate, saidOf } from './log-words.ts';

type Column = TableColumn<LogLine>;

/** @param nowMs reads the gateway's clock when the table sorts, filters or exports; null before it is known. */
export function logColumns(nowMs: () => number | null): readonly Column[] {
  return [
    ...nameColumns(),
    {
      id: 'subscriber',
      label: 'Subscriber',
      kind: 'word',
      value: ({ subscriber }) => subscriber?.name ?? null,
      cell: (line) => <SubscriberCell line={line} />,
      card: 'aside',
      widthPx: 130,
    },
    positionColumn('checkpoint', 'Checkpoint', ({ subscriber }) => subscriber?.position ?? null),
    positionColumn('latest', 'Latest', ({ row }) => row.latest),
    ...lagColumns(nowMs),
    {
      id: 'state',
      plain: false,
      label: 'Verdict',
      kind: 'word',
      choices: LINE_STATES,
      hint: 'Worst first',
      value: ({ states }) => states[0] ?? null,
      words: ({ states }) => states,
      text: (line) => verdictText(line, nowMs()),
      cell: (line) => <VerdictCell line={line} />,
      card: 'status',
      widthPx: 260,
    },
    ...moreColumns(nowMs),
  ];
}

function nameColumns(): readonly Column[] {
  return [
    {
      id: 'log',
      label: 'Log',
      kind: 'word',
      value: ({ row }) => row.log,
      card: 'title',
      widthPx: 150,
    },
    {
      id: 'node',
      label: 'Node',
      kind: 'word',
      value: ({ row }) => row.node,
      cell: (line) => <NodeCell line={line} />,
      card: 'title',
      widthPx: 200,
    },
    {
      id: 'disk',
      label: 'On disk',
      kind: 'number',
      plain: false,
      hint: 'Bytes of all files of the log',
      value: ({ row }) => row.onDiskBytes,
      text: ({ row }) => (row.onDiskBytes === null ? UNKNOWN : formatBytes(row.onDiskBytes)),
      cell: (line) => <DiskCell line={line} />,
      widthPx: 100,
    },
  ];
}

function lagColumns(nowMs: () => number | null): readonly Column[] {
  return [
    {
      id: 'lag',
      label: 'Lag',
      kind: 'number',
      plain: false,
      hint: 'Records that it has not read',
      value: ({ subscriber }) => subscriber?.lag?.records ?? null,
      text: ({ subscriber }) => formatCount(subscriber?.lag?.records ?? null),
      cell: (line) => <AmountCell line={line} />,
      card: 'line',
      widthPx: 90,
    },
    {
      id: 'bytes',
      label: 'Bytes',
      kind: 'number',
      plain: false,
      hint: 'Bytes that it has not read',
      value: ({ subscriber }) => subscriber?.lag?.bytes ?? null,
      text: ({ subscriber }) => formatBytes(subscriber?.lag?.bytes),
      cell: (line) => <AmountCell line={line} bytes />,
      card: 'line',
      widthPx: 100,
    },
    {
      id: 'age',
      label: 'Time',
      kind: 'duration',
      plain: false,
      hint: 'How old the oldest record is that it has not read',
      value: (line) => lagAgeMs(line, line.current ? nowMs() : line.row.toldMs),
      cell: (line) => <LagAgeCell line={line} />,
      card: 'line',
      widthPx: 110,
    },
  ];
}

function positionColumn(id: string, label: string, place: (line: LogLine) => string | null): Column {
  return {
    id,
    label,
    kind: 'text',
    plain: false,
    mono: true,
    hint: 'Segment and record, in hexadecimal',
    value: place,
    cell: (line) => <PositionCell position={place(line)} current={line.current} />,
    widthPx: 170,
  };
}

/** Shown on request. */
function moreColumns(nowMs: () => number | null): readonly Column[] {
  return [
    rateColumn('in', 'In', 'Records written in a second', ({ row }) => row.recordsPerS),
    rateColumn('out', 'Out', 'Records read in a second', ({ subscriber }) => subscriber?.recordsPerS ?? null),
    sinceColumn(
      'moved',
      'Last read',
      'Since its checkpoint last moved',
      (line) => line.subscriber?.movedMs,
      nowMs,
    ),
    sinceColumn('told', 'Told', 'Since its node said this', (line) => line.row.toldMs, nowMs),
    {
      id: 'full',
      label: 'Disk full in',
      kind: 'duration',
      plain: false,
      hint: 'If everything goes on as in the last minute',
      value: ({ verdict }) => {
        const seconds = diskFullS(verdict);
        return seconds === null ? null : seconds * 1_000;
      },
      show: 'hidden',
      widthPx: 120,
    },
    {
      id: 'by',
      label: 'Read by',
      kind: 'word',
      hint: 'Who reads it now',
      value: ({ subscriber }) => subscriber?.by ?? null,
      show: 'hidden',
      widthPx: 140,
    },
    {
      id: 'gaps',
      label: 'Gaps',
      kind: 'number',
      plain: false,
      hint: 'Places that could not be read, as far as somebody came upon them',
      value: ({ row }) => row.gaps,
      show: 'hidden',
      widthPx: 80,
    },
    { id: 'path', label: 'Path', kind: 'text', value: ({ row }) => row.path, show: 'hidden', widthPx: 320 },
  ];
}

function rateColumn(id: string, label: string, hint: string, perS: (line: LogLine) => number | null): Column {
  return {
    id,
    label,
    hint,
    kind: 'number',
    plain: false,
    value: perS,
    text: (line) => formatRate(perS(line)),
    show: 'hidden',
    widthPx: 90,
  };
}

function sinceColumn(
  id: string,
  label: string,
  hint: string,
  sinceMs: (line: LogLine) => number | null | undefined,
  nowMs: () => number | null,
): Column {
  return {
    id,
    label,
    hint,
    kind: 'duration',
    plain: false,
    value: (line) => {
      const [atMs, since = null] = [nowMs(), sinceMs(line)];
      return atMs === null || since === null ? null : Math.max(0, atMs - since);
    },
    cell: (line) => <SinceCell sinceMs={sinceMs(line) ?? null} current={line.current} />,
    show: 'hidden',
    widthPx: 110,
  };
}

function verdictText(line: LogLine, nowMs: number | null): string {
  const { word, detail } = saidOf(line, nowMs);
  return detail === '' ? word : `${word}: ${detail}`;
}
