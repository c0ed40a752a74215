'use client';

/** Pages that exist, and no others. At the top on a desk, at the thumb on a phone. */

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import type { Role } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';

type Entry = {
  readonly href: string;
  readonly label: string;
  readonly mark: string;
  readonly adminOnly: boolean;
  readonly icon: ReactNode;
};

/** Own drawings for domain nouns: four answers, linked stations, a prompt, a chain of records, keys to the house. */
const ENTRIES: readonly Entry[] = [
  {
    href: '/overview',
    label: 'Overview',
    mark: MARKS.frame.navOverview,
    adminOnly: false,
    icon: <path d="M2.5 3.500h6v6h-6zM11.5 3.500h6v6h-6zM2.5 12.500h15v4h-15z" />,
  },
  {
    href: '/members',
    label: 'Members',
    mark: MARKS.frame.navMembers,
    adminOnly: false,
    icon: (
      <path d="M4 16V8m0 0 12 0m0 0v8M4 5.500a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM16 5.500a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM4 16h12" />
    ),
  },
  {
    href: '/console',
    label: 'Console',
    mark: MARKS.frame.navConsole,
    adminOnly: false,
    icon: <path d="M2.5 3.500h15v13h-15zM5.5 7.5 8 10l-2.5 2.500M10 13h4.5" />,
  },
  {
    href: '/audit',
    label: 'Audit',
    mark: MARKS.frame.navAudit,
    adminOnly: false,
    icon: <path d="M3 3.500h14v4H3zM3 12.500h14v4H3zM10 7.500v5M6 5.500h3M6 14.500h3" />,
  },
  {
    href: '/accounts',
    label: 'Accounts',
    mark: MARKS.frame.navAccounts,
    adminOnly: true,
    icon: (
      <path d="M6.5 10.500a3.5 3.5 0 1 1 3.3-4.700H18v3.400h-2.400v2.300h-3.200V9.200H9.800a3.5 3.5 0 0 1-3.3 1.300ZM6.4 7h.2M3 16.500h14" />
    ),
  },
];

export function MainNav({ role }: { readonly role: Role }) {
  const path = usePathname();
  return (
    <nav className="main-nav" aria-label="Pages" data-test={MARKS.frame.nav}>
      <ul>
        {ENTRIES.filter((entry) => !entry.adminOnly || role === 'admin').map((entry) => (
          <li key={entry.href}>
            <Link
              href={entry.href}
              className="main-nav-link"
              aria-current={path === entry.href ? 'page' : undefined}
              data-test={entry.mark}
            >
              <svg viewBox="0 0 20 20" aria-hidden="true">
                {entry.icon}
              </svg>
              {entry.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
