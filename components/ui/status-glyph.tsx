/**
 * The eight status silhouettes on a 10 px grid (ui.md 5.5). They differ in shape before they differ in colour and
 * always stand beside a word; the glyph itself is decoration.
 */

import type { ReactNode } from 'react';

export type GlyphShape =
  | 'ok'
  | 'moving'
  | 'warning'
  | 'critical'
  | 'disputed'
  | 'unowned'
  | 'unmanaged'
  | 'unknown'
  | 'none';
export type Tone = 'ok' | 'flight' | 'warning' | 'critical' | 'stale';

export const GLYPH_TONES: Readonly<Record<GlyphShape, Tone>> = {
  ok: 'ok',
  moving: 'flight',
  warning: 'warning',
  critical: 'critical',
  disputed: 'critical',
  // Nobody serves it: what should be there is not.
  unowned: 'critical',
  unmanaged: 'warning',
  unknown: 'stale',
  none: 'stale',
};

export const GLYPHS: Readonly<Record<GlyphShape, ReactNode>> = {
  ok: <circle cx="5" cy="5" r="4.5" fill="currentColor" />,
  moving: (
    <>
      <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" strokeWidth="1" />
      <path d="M5 0.25A4.75 4.75 0 0 1 9.75 5H7.500A2.5 2.5 0 0 0 5 2.500Z" fill="currentColor" />
    </>
  ),
  warning: <path d="M5 0.3 10 9.700H6.200L5 7.6 3.8 9.700H0Z" fill="currentColor" />,
  critical: (
    <path
      fillRule="evenodd"
      fill="currentColor"
      d="M3 0h4l3 3v4l-3 3H3L0 7V3ZM3.4 2.5 2.5 3.4 4.1 5 2.5 6.600l.9.9L5 5.900l1.6 1.6.9-.9L5.9 5l1.6-1.6-.9-.9L5 4.100Z"
    />
  ),
  disputed: (
    <>
      <circle cx="3.4" cy="5" r="3" fill="none" stroke="currentColor" strokeWidth="1.2" />
      <circle cx="6.6" cy="5" r="3" fill="none" stroke="currentColor" strokeWidth="1.2" />
    </>
  ),
  unowned: (
    <rect
      x="1"
      y="1"
      width="8"
      height="8"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeDasharray="2 1.5"
    />
  ),
  unmanaged: <path d="M0 3.500h4.200l-1 3H0ZM6.8 3.500H10v3H5.800Z" fill="currentColor" />,
  unknown: (
    <path
      fill="none"
      stroke="currentColor"
      strokeWidth="1"
      d="M5 .7 9.3 5 5 9.3.7 5ZM3 3l4 4M1.9 4.400l3.7 3.700M4.4 1.900l3.7 3.7"
    />
  ),
  none: <path d="M2 5h6" fill="none" stroke="currentColor" strokeWidth="1.2" />,
};

export function StatusGlyph({ shape, tone }: { readonly shape: GlyphShape; readonly tone?: Tone }) {
  return (
    <svg
      className="glyph"
      data-tone={tone ?? GLYPH_TONES[shape]}
      data-shape={shape}
      viewBox="0 0 10 10"
      aria-hidden="true"
    >
      {GLYPHS[shape]}
    </svg>
  );
}

export type StatusProps = {
  readonly shape: GlyphShape;
  readonly tone?: Tone;
  readonly children: ReactNode;
  readonly mark?: string;
};

/** Glyph and word together. */
export function Status({ shape, tone, children, mark }: StatusProps) {
  return (
    <span className="status" data-tone={tone ?? GLYPH_TONES[shape]}>
      <StatusGlyph shape={shape} tone={tone ?? GLYPH_TONES[shape]} />
      <span className="status-word" data-test={mark}>
        {children}
      </span>
    </span>
  );
}
