'use client';

/** The columns of the links, with the values that they sort, filter and export by. */

import type { ReactNode } from 'react';
import { CELL_GLYPHS, cellWord } from '../members/who-sees-whom.ts';
import { MARKS } from '../test-marks.ts';
import type { TableColumn } from '../ui/data-table/table-column.ts';
import { formatDuration, formatLatency, UNKNOWN } from '../ui/format-time.ts';
import { inertName, inertText } from '../ui/inert-text.ts';
import { NodeSigil } from '../ui/sigil.tsx';
import { Status, StatusGlyph } from '../ui/status-glyph.tsx';
import { Backlog } from './backlog-meter.tsx';
import { agedWords, backlogShare, formatByteRate, formatMessageRate } from './bus-words.ts';
import type { LinkRow } from './link-rows.ts';

type Column = TableColumn<LinkRow>;
type RateName = keyof NonNullable<LinkRow['link']['rates']>;

export const LINK_STATES = ['up', 'dialing', 'waiting', 'refused'] as const;

/** @param nowMs the gateway's clock at the moment of asking. */
export function linkColumns(nowMs: () => number | null): readonly Column[] {
  const forMs = ({ link }: LinkRow): number | null => {
    const at = nowMs();
    return at === null ? null : Math.max(0, at - link.sinceMs);
  };
  return [
    {
      id: 'from',
      label: 'From',
      kind: 'text',
      value: ({ server }) => server.name,
      cell: (row) => <FromCell row={row} />,
      card: 'title',
      widthPx: 190,
    },
    {
      id: 'to',
      label: 'To',
      kind: 'text',
      value: ({ link }) => link.to,
      cell: ({ link }) => <ServerName name={link.to} dim={link.state !== 'up'} />,
      widthPx: 190,
    },
    {
      id: 'state',
      label: 'State',
      kind: 'word',
      choices: LINK_STATES,
      value: ({ link }) => link.state,
      text: ({ link }) => cellWord(link.state),
      words: ({ link }) => [link.state],
      cell: (row) => <StateCell row={row} />,
      card: 'status',
      widthPx: 190,
    },
    {
      id: 'for',
      label: 'For',
      kind: 'duration',
      hint: 'How long it has been in this state',
      value: forMs,
      cell: (row) => <Aged row={row}>{formatDuration(forMs(row))}</Aged>,
      widthPx: 110,
    },
    {
      id: 'rtt',
      label: 'Round trip',
      kind: 'duration',
      value: ({ link }) => link.roundTripMs,
      text: ({ link }) => formatLatency(link.roundTripMs),
      cell: (row) => <Aged row={row}>{formatLatency(row.link.roundTripMs)}</Aged>,
      card: 'aside',
      widthPx: 110,
    },
    {
      id: 'backlog',
      label: 'Backlog',
      kind: 'number',
      hint: 'Messages that wait, and their share of max_backlog, at which the link is killed',
      value: ({ link }) => link.backlog,
      cell: ({ link, server }) => (
        <Backlog backlog={link.backlog} share={backlogShare(link.backlog, server.figures.maxBacklog)} />
      ),
      widthPx: 120,
    },
    { ...rateColumn('out', 'Out', 'bytesOut', 'Bytes sent in a second'), card: 'line' },
    rateColumn('in', 'In', 'bytesIn', 'Bytes received in a second'),
    rateColumn('msg-out', 'Msg out', 'messagesOut', 'Messages sent in a second'),
    rateColumn('msg-in', 'Msg in', 'messagesIn', 'Messages received in a second'),
    ...troubleColumns(),
  ];
}

function rateColumn(id: string, label: string, name: RateName, hint: string): Column {
  const format = name.startsWith('bytes') ? formatByteRate : formatMessageRate;
  const text = ({ link }: LinkRow): string => format(link.rates?.[name]);
  return {
    id,
    label,
    kind: 'number',
    hint,
    value: ({ link }) => link.rates?.[name] ?? null,
    text,
    cell: (row) => (
      <Aged row={row}>
        {text(row)}
        <span className="card-only"> {label.toLowerCase()}</span>
      </Aged>
    ),
    mark: MARKS.bus.rate,
    widthPx: 110,
  };
}

function troubleColumns(): readonly Column[] {
  return [
    {
      id: 'reconnects',
      label: 'Reconnects',
      kind: 'number',
      hint: 'Since the start of the server',
      value: ({ link }) => link.reconnects,
      widthPx: 110,
    },
    {
      id: 'refused',
      label: 'Refused',
      kind: 'number',
      hint: 'Handshakes with this peer that failed since the start of the server',
      value: ({ link }) => link.refused,
      cell: ({ link }) => (
        <>
          {link.refused}
          {link.refused > 0 ? (
            <span className="tag">
              <StatusGlyph shape="warning" />
            </span>
          ) : null}
        </>
      ),
      widthPx: 100,
    },
    {
      id: 'slow',
      label: 'Slow',
      kind: 'text',
      value: ({ link }) => link.slow,
      cell: ({ link }) =>
        link.slow === null ? UNKNOWN : <Status shape="warning">{inertText(link.slow)}</Status>,
      className: 'cell-wide',
      widthPx: 220,
    },
    {
      id: 'detail',
      label: 'Detail',
      kind: 'text',
      value: ({ link }) => (link.detail === '' ? null : link.detail),
      className: 'cell-wide',
      show: 'hidden',
      widthPx: 240,
    },
  ];
}

function ServerName({ name, dim }: { readonly name: string; readonly dim: boolean }) {
  return (
    <span className="name-tag">
      <NodeSigil name={name} size="small" dim={dim} />
      <span className="name-tag-text">{inertName(name)}</span>
    </span>
  );
}

/** On the card of a phone it names both ends. */
function FromCell({ row }: { readonly row: LinkRow }) {
  return (
    <>
      <ServerName name={row.server.name} dim={!row.server.figures.current} />
      <span className="card-only"> → {inertName(row.link.to)}</span>
    </>
  );
}

function StateCell({ row }: { readonly row: LinkRow }) {
  const aged = agedWords(row.server);
  const { state } = row.link;
  return (
    <span title={aged ?? undefined}>
      <Status
        shape={CELL_GLYPHS[state]}
        mark={MARKS.bus.linkState}
        {...(aged === null ? {} : { tone: 'stale' })}
      >
        {cellWord(state)}
      </Status>
      {aged === null ? null : <span className="visually-hidden">, {aged}</span>}
    </span>
  );
}

function Aged({ row, children }: { readonly row: LinkRow; readonly children: ReactNode }) {
  return <span className={agedWords(row.server) === null ? undefined : 'value-stale'}>{children}</span>;
}
