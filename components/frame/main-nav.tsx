'use client';

/** The pages. At the top on a desk, at the thumb on a phone; what finds no room stands under "More". */

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { Role } from '../../server/wire/http.ts';
import { MARKS } from '../test-marks.ts';
import { PopPanel } from '../ui/pop-panel.tsx';
import { type BoardPage, isCurrent, pagesOf } from './board-pages.tsx';

export function MainNav({ role }: { readonly role: Role }) {
  const path = usePathname();
  const pages = pagesOf(role).filter((page) => page.place !== 'palette');
  return (
    <nav className="main-nav" aria-label="Pages" data-test={MARKS.frame.nav}>
      <ul>
        {pages.map((page) => (
          <li key={page.href} data-place={page.place}>
            <PageLink page={page} current={isCurrent(page, path)} />
          </li>
        ))}
        <li className="main-nav-more">
          <More pages={pages.filter((page) => page.place !== 'first')} path={path} />
        </li>
      </ul>
    </nav>
  );
}

function PageIcon({ page }: { readonly page: BoardPage }) {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      {page.icon}
    </svg>
  );
}

function PageLink({ page, current }: { readonly page: BoardPage; readonly current: boolean }) {
  return (
    <Link
      href={page.href}
      className="main-nav-link"
      aria-current={current ? 'page' : undefined}
      data-test={page.mark}
    >
      <PageIcon page={page} />
      {page.label}
    </Link>
  );
}

type MoreProps = { readonly pages: readonly BoardPage[]; readonly path: string };

function More({ pages, path }: MoreProps) {
  const content = (
    <>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d="M3 6h14M3 10h14M3 14h14" />
      </svg>
      More
    </>
  );
  const here = pages.some((page) => isCurrent(page, path));
  return (
    <PopPanel
      label="More pages"
      align="start"
      className="menu"
      button={{ className: 'main-nav-link', mark: MARKS.frame.navMore, here, content }}
    >
      {(close) => (
        <ul>
          {pages.map((page) => (
            <li key={page.href} data-place={page.place}>
              <Link
                href={page.href}
                className="menu-item more-link"
                aria-current={isCurrent(page, path) ? 'page' : undefined}
                onClick={close}
              >
                <PageIcon page={page} />
                {page.label}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </PopPanel>
  );
}
