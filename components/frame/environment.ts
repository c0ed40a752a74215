/**
 * How an environment is drawn: name, colour and pattern, so that two clusters are told apart on paper, in
 * greyscale and in a tab title. Pure.
 */

import type { Environment } from '../api/session-reply.ts';

/** Stands in the tab title, where there is no colour. */
export const PATTERN_MARKS: Readonly<Record<Environment['pattern'], string>> = {
  solid: '█',
  diagonal: '▨',
  dotted: '░',
};

const FALLBACK_COLOUR = '#3d4752';

/** Only plain `#rrggbb` is drawn; the colour comes from a configuration file. */
export function environmentColour(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? colour : FALLBACK_COLOUR;
}

function channel(value: number): number {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

/** WCAG relative luminance of `#rrggbb`, 0 to 1. */
export function luminance(colour: string): number {
  const value = Number.parseInt(colour.slice(1), 16);
  const [red, green, blue] = [value >> 16, (value >> 8) & 255, value & 255];
  return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
}

export const INK_DARK = '#14191f';
export const INK_LIGHT = '#ffffff';

/** The ink with the higher contrast on the colour. */
export function inkOn(colour: string): string {
  const ground = luminance(colour) + 0.05;
  const onLight = (luminance(INK_LIGHT) + 0.05) / ground;
  const onDark = ground / (luminance(INK_DARK) + 0.05);
  return onLight >= onDark ? INK_LIGHT : INK_DARK;
}

export type PageTitleParts = {
  readonly environment: Environment;
  readonly clusterName: string;
  readonly page: string;
};

export function pageTitle({ environment, clusterName, page }: PageTitleParts): string {
  const mark = PATTERN_MARKS[environment.pattern];
  const place = [environment.name.toUpperCase(), clusterName].filter((part) => part !== '').join(' ');
  return `${mark} ${place} · ${page}`;
}
