/** The marks of the matrix on a 12 px grid: solid is a fact, dashed an intent, a ring around it the preference. */

import type { ReactNode } from 'react';
import type { CellKind } from './matrix-rows.ts';

const SHAPES: Readonly<Record<CellKind, ReactNode>> = {
  owner: <circle cx="8" cy="8" r="4" fill="currentColor" />,
  leaving: <circle cx="8" cy="8" r="4" fill="none" stroke="currentColor" strokeDasharray="2 1.6" />,
  coming: (
    <>
      <circle cx="8" cy="8" r="4.500" fill="none" stroke="currentColor" strokeDasharray="2 1.6" />
      <circle cx="8" cy="8" r="2" fill="currentColor" />
    </>
  ),
  claim: (
    <>
      <circle cx="6.300" cy="8" r="3.400" fill="none" stroke="currentColor" strokeWidth="1.300" />
      <circle cx="9.700" cy="8" r="3.400" fill="none" stroke="currentColor" strokeWidth="1.300" />
    </>
  ),
  candidate: <circle cx="8" cy="8" r="3.500" fill="none" stroke="currentColor" strokeWidth="1.100" />,
  obstacle: (
    <>
      <circle cx="8" cy="8" r="4" fill="none" stroke="currentColor" strokeWidth="1.100" />
      <path d="m5.200 10.800 5.600-5.600" stroke="currentColor" strokeWidth="1.100" />
    </>
  ),
  none: <circle cx="8" cy="8" r="1" fill="currentColor" />,
};

export function MatrixGlyph({
  kind,
  preferred = false,
}: {
  readonly kind: CellKind;
  readonly preferred?: boolean;
}) {
  return (
    <svg className="vip-cell-glyph" data-cell={kind} viewBox="0 0 16 16" aria-hidden="true">
      {preferred ? <circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" /> : null}
      {SHAPES[kind]}
    </svg>
  );
}
