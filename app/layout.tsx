/** The document: fonts, theme before first paint, and the three live regions that must stand in static markup. */

import type { Metadata, Viewport } from 'next';
import localFont from 'next/font/local';
import type { ReactNode } from 'react';
import { THEME_SCRIPT } from '../components/frame/theme.ts';
import { MARKS } from '../components/test-marks.ts';
import { LIVE_REGIONS } from '../components/ui/live-regions.ts';
import './globals.css';

const plexSans = localFont({
  src: '../node_modules/@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wdth-normal.woff2',
  variable: '--font-plex-sans',
  weight: '100 700',
  declarations: [{ prop: 'font-stretch', value: '75% 100%' }],
});

const plexSansExtended = localFont({
  src: '../node_modules/@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-ext-wdth-normal.woff2',
  variable: '--font-plex-sans-ext',
  weight: '100 700',
  preload: false,
  adjustFontFallback: false,
  declarations: [
    { prop: 'font-stretch', value: '75% 100%' },
    {
      prop: 'unicode-range',
      value: 'U+0100-02BA, U+02BD-02C5, U+02C7-02CC, U+1E00-1E9F, U+1EF2-1EFF, U+20A0-20AB',
    },
  ],
});

const plexMono = localFont({
  src: [
    {
      path: '../node_modules/@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-400-normal.woff2',
      weight: '400',
    },
    {
      path: '../node_modules/@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-600-normal.woff2',
      weight: '600',
    },
  ],
  variable: '--font-plex-mono',
  preload: false,
  adjustFontFallback: false,
});

export const metadata: Metadata = {
  title: 'Muster',
  description: 'Live view of a mail cluster',
  robots: { index: false, follow: false },
  icons: { icon: '/icon.svg' },
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f5f6f4' },
    { media: '(prefers-color-scheme: dark)', color: '#0e1318' },
  ],
};

export default function RootLayout({ children }: { readonly children: ReactNode }) {
  const fonts = `${plexSans.variable} ${plexSansExtended.variable} ${plexMono.variable}`;
  return (
    <html lang="en" className={fonts} suppressHydrationWarning>
      <head>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of this repository, hashed by the gateway */}
        <script data-static="" dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} />
      </head>
      <body>
        {children}
        <div
          className="visually-hidden"
          id={LIVE_REGIONS.status}
          data-test={MARKS.live.status}
          role="status"
        />
        <div className="visually-hidden" id={LIVE_REGIONS.alert} data-test={MARKS.live.alert} role="alert" />
        <div className="visually-hidden" id={LIVE_REGIONS.log} data-test={MARKS.live.log} role="log" />
        {/* An element of this id keeps React Aria from adding a style element, which the content policy refuses. */}
        <template id="react-aria-pressable-style" />
      </body>
    </html>
  );
}
