'use client';

/** The columns of the addresses, with the values that they sort, filter and export by. */

import { MARKS } from '../test-marks.ts';
import type { TableColumn } from '../ui/data-table/table-column.ts';
import { UNKNOWN } from '../ui/format-time.ts';
import { inertName } from '../ui/inert-text.ts';
import { Status } from '../ui/status-glyph.tsx';
import { networkOf } from './networks.ts';
import { type NodeSayings, namedOwner, SAID_WORDS, saidOf } from './perspective.ts';
import { SaidCell } from './perspective-parts.tsx';
import { OwnershipRibbon } from './time/ownership-ribbon.tsx';
import {
  ActCell,
  AgeCell,
  AgreeCell,
  FlagsCell,
  NamesCell,
  OwnerCell,
  PreferenceCell,
} from './vip-cells.tsx';
import {
  agreementOf,
  candidatesOf,
  dissentersOf,
  FLAG_WORDS,
  namesOf,
  ownerFact,
  plumbWords,
  STATE_SHAPES,
  sayingWords,
  VIP_STATES,
  type Vip,
  vipStates,
} from './vip-words.ts';

type Column = TableColumn<Vip>;

/** `any` and `none` stand beside the words themselves: `flag:any`, `disagree:none`. */
function someOf(words: readonly string[]): readonly string[] {
  return words.length === 0 ? ['none'] : ['any', ...words];
}

/** The table of one node beside that of the cluster. `sayings` is null until it answered. */
export type Perspective = { readonly node: string; readonly sayings: NodeSayings | null };

/** @param nowMs reads the gateway's clock when the table sorts, filters or exports; null before it is known. */
export function vipColumns(
  nowMs: () => number | null,
  perspective: Perspective | null = null,
): readonly Column[] {
  return [
    {
      id: 'vip',
      label: 'VIP',
      kind: 'address',
      value: (vip) => vip.address,
      mono: true,
      card: 'title',
      widthPx: 180,
    },
    {
      id: 'name',
      label: 'Names',
      kind: 'text',
      hint: 'Names of the binding and its listeners',
      value: (vip) => vip.names.join(' '),
      words: (vip) => vip.names,
      text: (vip) => vip.names.map(inertName).join(', '),
      cell: (vip) => <NamesCell vip={vip} />,
      mark: MARKS.duravips.names,
      card: 'line',
      widthPx: 140,
    },
    {
      id: 'owner',
      label: 'Owner',
      kind: 'word',
      hint: 'Solid: a fact by the table. Dashed: on its way.',
      value: (vip) => vip.owner,
      text: ownerText,
      cell: (vip) => <OwnerCell vip={vip} />,
      card: 'status',
      widthPx: 260,
    },
    {
      id: 'agree',
      plain: false,
      label: 'Agree',
      kind: 'number',
      align: 'start',
      hint: 'Nodes whose own table says the same, of those that have it; who does not is named',
      value: (vip) => agreementOf(vip).agree,
      text: agreeText,
      cell: (vip) => <AgreeCell vip={vip} />,
      card: 'aside',
      widthPx: 130,
    },
    ...(perspective === null ? [] : [saidColumn(perspective)]),
    {
      id: 'pref',
      label: 'Preferred',
      kind: 'word',
      value: (vip) => vip.preference,
      cell: (vip) => <PreferenceCell vip={vip} />,
      widthPx: 140,
    },
    {
      id: 'flag',
      label: 'Flags',
      kind: 'word',
      choices: ['any', 'none', 'unsafe', 'conflict', 'broken'],
      value: (vip) => vip.flags.join(' '),
      words: (vip) => someOf(vip.flags),
      text: (vip) => vip.flags.map((flag) => FLAG_WORDS[flag].word).join(' '),
      cell: (vip) => <FlagsCell vip={vip} />,
      widthPx: 130,
    },
    ageColumn('age', 'View age', 'Since its view last changed', (vip) => vip.viewSinceMs, nowMs, {
      mark: MARKS.duravips.viewAge,
    }),
    {
      id: 'day',
      label: 'Last 24 h',
      kind: 'text',
      data: false,
      hint: 'Who owned it, in the pattern of each node',
      value: () => null,
      cell: (vip) => <OwnershipRibbon address={vip.address} />,
      widthPx: 160,
    },
    ...moreColumns(nowMs),
    {
      id: 'act',
      label: 'Act',
      kind: 'text',
      data: false,
      value: () => null,
      cell: (vip) => <ActCell vip={vip} />,
      card: 'action',
      widthPx: 110,
    },
    ...tokens(),
  ];
}

function saidColumn({ node, sayings }: Perspective): Column {
  const said = (vip: Vip) => (sayings === null ? null : saidOf(vip, sayings.get(vip.address)));
  return {
    id: 'said',
    label: `${inertName(node)} says`,
    kind: 'word',
    choices: SAID_WORDS,
    hint: `The owner by the own table of ${inertName(node)}`,
    value: said,
    text: (vip) => String(namedOwner(sayings?.get(vip.address)) ?? UNKNOWN),
    words: (vip) => [said(vip) ?? ''],
    cell: (vip) => <SaidCell vip={vip} node={node} sayings={sayings} />,
    widthPx: 200,
  };
}

type SinceOf = (vip: Vip) => number | null;

function ageColumn(
  id: string,
  label: string,
  hint: string,
  sinceMs: SinceOf,
  nowMs: () => number | null,
  more: { readonly mark?: string; readonly show?: 'hidden' },
): Column {
  return {
    id,
    label,
    hint,
    kind: 'duration',
    plain: false,
    value: (vip) => {
      const atMs = nowMs();
      const since = sinceMs(vip);
      return atMs === null || since === null ? null : Math.max(0, atMs - since);
    },
    cell: (vip) => (
      <AgeCell sinceMs={sinceMs(vip)} {...(more.mark === undefined ? {} : { mark: more.mark })} />
    ),
    ...(more.show === undefined ? {} : { show: more.show }),
    widthPx: 110,
  };
}

/** Shown on request. */
function moreColumns(nowMs: () => number | null): readonly Column[] {
  return [
    {
      id: 'state',
      plain: false,
      label: 'State',
      kind: 'word',
      choices: VIP_STATES,
      value: (vip) => vipStates(vip)[0] ?? null,
      words: vipStates,
      cell: (vip) => <StateCell vip={vip} />,
      show: 'hidden',
      widthPx: 130,
    },
    {
      id: 'plumb',
      label: 'On the host',
      kind: 'text',
      hint: 'Whether the owner has it on its host, as the owner says',
      value: (vip) => plumbWords(vip),
      show: 'hidden',
      widthPx: 220,
    },
    {
      id: 'candidate',
      plain: false,
      label: 'Candidates',
      kind: 'word',
      hint: 'Nodes that could have it',
      value: (vip) => candidatesOf(vip).join(' '),
      words: candidatesOf,
      text: (vip) => candidatesOf(vip).map(inertName).join(', '),
      show: 'hidden',
      widthPx: 220,
    },
    {
      id: 'follow',
      label: 'Moves with',
      kind: 'text',
      hint: 'The address that it follows, and those that follow it',
      value: (vip) => [vip.follows ?? '', ...vip.followers].join(' ').trim(),
      words: (vip) => [...(vip.follows === null ? [] : [vip.follows]), ...vip.followers],
      text: followText,
      show: 'hidden',
      widthPx: 260,
    },
    {
      id: 'pinned',
      plain: false,
      label: 'Pinned to',
      kind: 'word',
      value: (vip) => vip.pinned,
      words: (vip) => someOf(vip.pinned === null ? [] : [vip.pinned]),
      show: 'hidden',
      widthPx: 150,
    },
    ageColumn('moved', 'Owner since', 'Since its owner last changed', (vip) => vip.ownerSinceMs, nowMs, {
      show: 'hidden',
    }),
    ageColumn(
      'config-age',
      'Config age',
      'Since its configuration last changed',
      (vip) => vip.configSinceMs,
      nowMs,
      {
        show: 'hidden',
      },
    ),
  ];
}

/** Tokens of the filter and fields of exports. */
function tokens(): readonly Column[] {
  return [
    {
      id: 'net',
      label: 'Network',
      kind: 'address',
      value: (vip) => networkOf(vip.address),
      words: (vip) => [vip.address],
      show: 'never',
    },
    {
      id: 'node',
      label: 'Nodes',
      kind: 'word',
      value: (vip) => vip.participants.map(({ node }) => node).join(' '),
      words: (vip) => [...vip.participants.map(({ node }) => node), ...vip.claims],
      show: 'never',
    },
    {
      id: 'disagree',
      label: 'Disagree',
      kind: 'word',
      value: (vip) => dissentersOf(vip).map(sayingWords).join('; '),
      words: (vip) => someOf(dissentersOf(vip).map(({ node }) => node)),
      show: 'never',
    },
  ];
}

function StateCell({ vip }: { readonly vip: Vip }) {
  const state = vipStates(vip)[0] ?? 'unknown';
  return <Status shape={STATE_SHAPES[state]}>{state}</Status>;
}

function ownerText(vip: Vip): string {
  switch (ownerFact(vip)) {
    case 'owned':
      return inertName(vip.owner ?? '');
    case 'moving':
      return `${inertName(vip.owner ?? 'nobody')} → ${inertName(vip.next ?? 'not known')}`;
    case 'disputed':
      return `disputed: ${namesOf([...(vip.owner === null ? [] : [vip.owner]), ...vip.claims])}`;
    case 'unmanaged':
      return 'unmanaged';
    case 'unowned':
      return 'unowned';
    case 'unknown':
      return 'not known';
  }
}

function agreeText(vip: Vip): string {
  const { agree, of } = agreementOf(vip);
  return of === 0
    ? UNKNOWN
    : [`${agree}/${of}`, ...dissentersOf(vip).map(({ node }) => inertName(node))].join(' ');
}

function followText({ follows, followers }: Vip): string {
  const parts = [
    ...(follows === null ? [] : [`follows ${inertName(follows)}`]),
    ...(followers.length === 0 ? [] : [`followed by ${followers.map(inertName).join(', ')}`]),
  ];
  return parts.length === 0 ? UNKNOWN : parts.join('; ');
}
