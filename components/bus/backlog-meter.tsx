/** How much waits on a link, as a share of what kills it: a bar beside the number, marked from half on. */

import { BACKLOG_MARKED, formatShare, groupDigits } from './bus-words.ts';

export function BacklogMeter({ share }: { readonly share: number | null }) {
  if (share === null) return <span className="meter" data-unknown={true} aria-hidden="true" />;
  // An attribute, because the page's policy allows no styles in elements.
  return (
    <svg
      className="meter"
      data-empty={share === 0 || undefined}
      data-marked={share >= BACKLOG_MARKED || undefined}
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect className="meter-fill" width={share > 0 ? Math.max(2, share * 100) : 0} height="4" />
    </svg>
  );
}

/** Number and bar. */
export function Backlog({ backlog, share }: { readonly backlog: number; readonly share: number | null }) {
  return (
    <span className="backlog">
      <span>
        {groupDigits(backlog)}
        {backlog > 0 ? <span className="muted"> {formatShare(share)}</span> : null}
      </span>
      <BacklogMeter share={share} />
    </span>
  );
}
