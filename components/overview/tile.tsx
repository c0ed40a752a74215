'use client';

/** One answer of the overview: the question, the verdict, what it counts, where it comes from and how old that is. */

import Link from 'next/link';
import { MARKS } from '../test-marks.ts';
import { formatAge } from '../ui/format-time.ts';
import { Status, StatusGlyph } from '../ui/status-glyph.tsx';
import type { Fact, Verdict } from './verdicts.ts';

export type TileProps = {
  readonly name: TileName;
  readonly verdict: Verdict;
  /** Since when the data is not the newest, in words; null while it is. */
  readonly stale: string | null;
};

export const TILE_NAMES = ['whole', 'agreed', 'served', 'behind'] as const;
export type TileName = (typeof TILE_NAMES)[number];

export const QUESTIONS: Readonly<Record<TileName, string>> = {
  whole: 'Whole?',
  agreed: 'Agreed?',
  served: 'Served?',
  behind: 'Behind?',
};

/** Where the whole answer stands. */
const PAGES: Readonly<Record<TileName, string>> = {
  whole: '/members',
  agreed: '/members',
  served: '/duravips',
  behind: '/members?sort=-config',
};

export function Tile({ name, verdict, stale }: TileProps) {
  const shown = verdict.facts.filter((fact) => fact.count > 0 || fact.id === 'present');
  return (
    <section
      className="tile"
      aria-labelledby={`tile-${name}`}
      data-test={MARKS.overview.tile}
      data-tile={name}
      data-state={verdict.state}
      data-shape={verdict.shape}
      data-stale={stale === null ? undefined : true}
    >
      <h2 className="label" id={`tile-${name}`}>
        <Link href={verdict.page ?? PAGES[name]} prefetch={false}>
          {QUESTIONS[name]}
        </Link>
      </h2>
      {verdict.state === 'waiting' ? (
        <p className="tile-word tile-waiting">
          <span className="visually-hidden">waiting for the first data</span>
        </p>
      ) : (
        <p className="tile-word" data-test={MARKS.overview.verdict}>
          <Status shape={verdict.shape} {...(stale === null ? {} : { tone: 'stale' })}>
            {verdict.word}
          </Status>
        </p>
      )}
      {shown.length === 0 ? null : (
        <ul className="tile-facts">
          {shown.map((fact) => (
            <FactLine key={fact.id} fact={fact} />
          ))}
        </ul>
      )}
      {verdict.notes.map((note) => (
        <p key={note} className="tile-note">
          {note}
        </p>
      ))}
      {verdict.state === 'absent' ? (
        <p className="tile-note">
          <Link href="/reference/options" prefetch={false}>
            Options of the configuration
          </Link>
        </p>
      ) : null}
      <p className="tile-source">
        <span>{verdict.source}</span>
        {stale !== null ? (
          <span className="value-stale">{stale}</span>
        ) : verdict.ageMs === null ? null : (
          <span>{formatAge(verdict.ageMs)}</span>
        )}
      </p>
    </section>
  );
}

function FactLine({ fact }: { readonly fact: Fact }) {
  return (
    <li>
      <Link
        href={fact.href}
        prefetch={false}
        className="tile-fact"
        data-test={MARKS.overview.fact}
        data-fact={fact.id}
        data-count={fact.count}
      >
        <StatusGlyph shape={fact.count === 0 ? 'none' : fact.shape} />
        <b>{fact.count}</b> {fact.text}
      </Link>
    </li>
  );
}
