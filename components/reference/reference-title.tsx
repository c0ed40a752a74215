'use client';

/** Head of a reference page, with the tab's title and the way to the other page. */

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { usePageTitle } from '../ui/use-page-title.ts';

const PAGES = [
  { href: '/reference/options', label: 'Options' },
  { href: '/reference/api', label: 'HTTP API' },
] as const;

export function ReferenceTitle({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  usePageTitle(title);
  const path = usePathname();
  return (
    <>
      <div className="page-head">
        <h1 className="page-title">{title}</h1>
        <p className="page-facts">{children}</p>
      </div>
      <nav className="tabs-list" aria-label="References">
        {PAGES.map(({ href, label }) => (
          <Link
            key={href}
            className="tab"
            href={href}
            data-selected={path === href || undefined}
            aria-current={path === href ? 'page' : undefined}
          >
            {label}
          </Link>
        ))}
      </nav>
    </>
  );
}
