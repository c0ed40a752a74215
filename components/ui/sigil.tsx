/** Draws a node's sigil. Decoration beside a written name: hidden from assistive technology. */

import type { ReactNode } from 'react';
import { type SigilOutline, sigilOf } from './sigil-of.ts';

const OUTLINES: Readonly<Record<SigilOutline, ReactNode>> = {
  circle: <circle className="sigil-outline" cx="14" cy="14" r="11.5" />,
  square: <rect className="sigil-outline" x="3.5" y="3.5" width="21" height="21" rx="1" />,
  diamond: <path className="sigil-outline" d="M14 1 27 14 14 27 1 14Z" />,
  hexagon: <path className="sigil-outline" d="M7.5 3h13L27 14l-6.5 11h-13L1 14Z" />,
  shield: (
    <path className="sigil-outline" d="M3.5 3h21v10.5C24.5 19.5 20 23.5 14 26.5 8 23.5 3.5 19.5 3.5 13.5Z" />
  ),
  triangle: <path className="sigil-outline" d="M14 1.5 27.5 25.5H.5Z" />,
  pill: <rect className="sigil-outline" x="1" y="5.5" width="26" height="17" rx="8.5" />,
  octagon: <path className="sigil-outline" d="M9 2.5h10L25.5 9v10L19 25.5H9L2.5 19V9Z" />,
};

/** The visual centre of the triangle and the shield is not their geometric one. */
const BASELINES: Partial<Record<SigilOutline, number>> = { triangle: 22, shield: 17 };

/** Outlines with little room in the middle. */
const TIGHT: ReadonlySet<SigilOutline> = new Set(['triangle', 'diamond']);

export type SigilProps = {
  readonly name: string;
  readonly size?: 'small' | 'medium' | 'large';
  /** Departed or unknown: dashed and muted. */
  readonly dim?: boolean;
};

export function NodeSigil({ name, size = 'medium', dim = false }: SigilProps) {
  const { monogram, outline } = sigilOf(name);
  return (
    <svg
      className="sigil"
      data-size={size}
      data-dim={dim || undefined}
      viewBox="0 0 28 28"
      aria-hidden="true"
    >
      {OUTLINES[outline]}
      <text
        className="sigil-text"
        data-tight={TIGHT.has(outline) || monogram.length > 2 || undefined}
        x="14"
        y={BASELINES[outline] ?? 18}
        textAnchor="middle"
      >
        {monogram}
      </text>
    </svg>
  );
}
