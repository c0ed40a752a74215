'use client';

/** Height of a row in pixels, as the style sheet gives it for this density and this screen. */

import { useEffect, useState } from 'react';

const ROW_PX = 36;

export function useRowHeight(element: HTMLElement): number {
  const [height, setHeight] = useState(ROW_PX);
  useEffect(() => {
    const read = (): void => {
      const given = Number.parseFloat(getComputedStyle(element).getPropertyValue('--data-row'));
      setHeight(given > 0 ? given : ROW_PX);
    };
    read();
    // Density is an attribute of the document; the screen may be turned.
    const density = new MutationObserver(read);
    density.observe(document.documentElement, { attributes: true });
    window.addEventListener('resize', read);
    return () => {
      density.disconnect();
      window.removeEventListener('resize', read);
    };
  }, [element]);
  return height;
}
