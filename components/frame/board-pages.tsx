/**
 * The pages of the board: the one list behind navigation, palette and go keys. Own drawings for domain nouns: a
 * switchboard's dials, a plug that changes its socket, linked stations, a rail with taps, a roll with a marker, a tree, a prompt, a chain of records, keys to the house, a lever, a book.
 */

import type { ReactNode } from 'react';
import type { Role } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';

export type BoardPage = {
  readonly href: string;
  readonly label: string;
  readonly mark: string;
  /** Second of `g` and this key (ui.md 2.7). */
  readonly key: string | null;
  /** What else the palette finds it by. */
  readonly words: string;
  readonly adminOnly: boolean;
  /** Where it stands: always, under "More" where there is little room, or only in the palette. */
  readonly place: 'first' | 'desk' | 'more' | 'palette';
  readonly icon: ReactNode;
};

const CONSOLE_ICON = <path d="M2.5 3.500h15v13h-15zM5.5 7.5 8 10l-2.5 2.500M10 13h4.5" />;

export const BOARD_PAGES: readonly BoardPage[] = [
  {
    href: '/overview',
    label: 'Overview',
    mark: MARKS.frame.navOverview,
    key: 'o',
    words: 'home now',
    adminOnly: false,
    place: 'first',
    icon: (
      <path d="M2.5 3.500h6.500v5.500H2.5zM11 3.500h6.500v5.500H11zM2.5 11h6.500v5.500H2.5zM11 11h6.500v5.500H11z" />
    ),
  },
  {
    href: '/duravips',
    label: 'DuraVIPs',
    mark: MARKS.frame.navDuravips,
    key: 'v',
    words: 'vips addresses owners failover matrix moves',
    adminOnly: false,
    place: 'first',
    icon: (
      <path d="M2.5 14.500h6v-3h-6zM11.5 14.500h6v-3h-6zM5.500 11.500V9M14.500 11.500V9M5.500 6.500a4.5 3 0 0 1 8.5 0m.5-2.500v3h-3" />
    ),
  },
  {
    href: '/members',
    label: 'Members',
    mark: MARKS.frame.navMembers,
    key: 'm',
    words: 'nodes matrix groups events',
    adminOnly: false,
    place: 'first',
    icon: (
      <path d="M4 16V8m0 0 12 0m0 0v8M4 5.500a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM16 5.500a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM4 16h12" />
    ),
  },
  {
    href: '/bus',
    label: 'Bus',
    mark: MARKS.frame.navBus,
    key: 'b',
    words: 'mesh links servers views groups backlog round trip msgc',
    adminOnly: false,
    place: 'desk',
    icon: (
      <path d="M2.5 10h15M5.500 10V5.500m0 0h-1.5v-2h3v2ZM14.5 10V5.500m0 0H13v-2h3v2ZM10 10v4.500m0 0H8.500v2h3v-2Z" />
    ),
  },
  {
    href: '/logs',
    label: 'Logs',
    mark: MARKS.frame.navLogs,
    key: 'l',
    words: 'subscribers lag mainlog bouncelog aggregator tail jlog behind',
    adminOnly: false,
    place: 'desk',
    icon: <path d="M4.5 2.500h11v15h-11zM7 6h6M7 9h6M7 14h3M1.500 11.500l3 2-3 2z" />,
  },
  {
    href: '/objects',
    label: 'Objects',
    mark: MARKS.frame.navObjects,
    key: 'r',
    words: 'replicated shared cidr tree gauge cache throttle metrics perspective diff',
    adminOnly: false,
    place: 'desk',
    icon: (
      <path d="M7 2.500h6v4H7zM2.5 13.500h6v4h-6zM11.5 13.500h6v4h-6zM10 6.500v3.500M5.500 13.500V10h9v3.500" />
    ),
  },
  {
    href: '/console',
    label: 'Console',
    mark: MARKS.frame.navConsole,
    key: 'c',
    words: 'command run jobs',
    adminOnly: false,
    place: 'first',
    icon: CONSOLE_ICON,
  },
  {
    href: '/audit',
    label: 'Audit',
    mark: MARKS.frame.navAudit,
    key: 'a',
    words: 'log records who did what',
    adminOnly: false,
    place: 'desk',
    icon: <path d="M3 3.500h14v4H3zM3 12.500h14v4H3zM10 7.500v5M6 5.500h3M6 14.500h3" />,
  },
  {
    href: '/settings',
    label: 'Settings',
    mark: MARKS.frame.navSettings,
    key: 's',
    words: 'account preferences time zone density theme',
    adminOnly: false,
    place: 'more',
    icon: (
      <path d="M3 6h7m4 0h3M3 14h3m4 0h7M12 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4ZM8 12a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z" />
    ),
  },
  {
    href: '/reference/options',
    label: 'Reference',
    mark: MARKS.frame.navReference,
    key: 'h',
    words: 'options help manual',
    adminOnly: false,
    place: 'more',
    icon: (
      <path d="M10 5.500C8 4 5.500 3.500 2.500 3.500v12c3 0 5.500.500 7.500 2 2-1.500 4.500-2 7.500-2v-12c-3 0-5.500.500-7.500 2Zm0 0v12" />
    ),
  },
  {
    href: '/reference/api',
    label: 'HTTP API',
    mark: MARKS.frame.navApi,
    key: null,
    words: 'reference openapi help',
    adminOnly: false,
    place: 'palette',
    icon: null,
  },
  {
    href: '/settings?tab=tokens',
    label: 'API tokens',
    mark: MARKS.frame.navTokens,
    key: null,
    words: 'settings',
    adminOnly: true,
    place: 'palette',
    icon: null,
  },
  {
    href: '/settings?tab=approvals',
    label: 'Approvals',
    mark: MARKS.frame.navApprovals,
    key: null,
    words: 'settings requests waiting',
    adminOnly: false,
    place: 'palette',
    icon: null,
  },
  {
    href: '/accounts',
    label: 'Accounts',
    mark: MARKS.frame.navAccounts,
    key: null,
    words: 'people users passwords roles',
    adminOnly: true,
    place: 'palette',
    icon: null,
  },
];

export function pagesOf(role: Role): readonly BoardPage[] {
  return BOARD_PAGES.filter((page) => !page.adminOnly || role === 'admin');
}

/** Pages of one folder share an entry: every page under `/reference` belongs to Reference. */
export function isCurrent(page: BoardPage, path: string): boolean {
  const folder = page.href === '/reference/options' ? '/reference' : page.href;
  return path === folder || path.startsWith(`${folder}/`);
}
