/** A region that scrolls, reachable and named for the keyboard. */

import type { ReactNode } from 'react';

export type ScrollRegionProps = {
  readonly label: string;
  readonly className: string;
  readonly children: ReactNode;
};

export function ScrollRegion({ label, className, children }: ScrollRegionProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={className} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
