import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/**
 * The palette of ui.md 5.2, measured from the stylesheet itself: WCAG contrast of everything on every ground, and
 * the distance of status colours in OKLab (x 100) as seen with normal and three simulated kinds of colour vision.
 */

type Rgb = readonly [number, number, number];
type Matrix = readonly [Rgb, Rgb, Rgb];

const CSS = readFileSync(new URL('../../../components/ui/tokens.css', import.meta.url), 'utf8');

function tokensOf(selector: string): ReadonlyMap<string, string> {
  const block = CSS.slice(CSS.indexOf(`${selector} {`)).split('}')[0] ?? '';
  return new Map(
    [...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = '', hex = '']) => [name, hex]),
  );
}

const THEMES = { light: tokensOf(':root'), dark: tokensOf(":root[data-theme='dark']") } as const;

function colour(theme: ReadonlyMap<string, string>, name: string): Rgb {
  const hex = theme.get(name);
  if (hex === undefined) throw new Error(`there is no token ${name}`);
  const value = Number.parseInt(hex.slice(1), 16);
  return [linear(value >> 16), linear((value >> 8) & 255), linear(value & 255)];
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function contrast(a: Rgb, b: Rgb): number {
  const luminance = ([red, green, blue]: Rgb): number => 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function times(matrix: Matrix, [x, y, z]: Rgb): Rgb {
  const [first, second, third] = matrix.map(([a, b, c]) => a * x + b * y + c * z);
  return [first ?? 0, second ?? 0, third ?? 0];
}

function oklab(rgb: Rgb): Rgb {
  const lms = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb,
  ).map((value) => Math.cbrt(Math.max(0, value)));
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    [lms[0] ?? 0, lms[1] ?? 0, lms[2] ?? 0],
  );
}

/** Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB. */
const VISIONS: Readonly<Record<string, Matrix>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function distance(a: Rgb, b: Rgb, vision: Matrix): number {
  const clamp = (rgb: Rgb): Rgb => [unit(rgb[0]), unit(rgb[1]), unit(rgb[2])];
  const [p, q] = [oklab(clamp(times(vision, a))), oklab(clamp(times(vision, b)))];
  return 100 * Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

const GROUNDS = ['page', 'surface', 'raised'] as const;
const STATUS = ['ok', 'warning', 'critical', 'flight', 'stale'] as const;
const FILLS = [
  ['on-warning-fill', 'warning-fill'],
  ['on-critical-fill', 'critical-fill'],
  ['on-accent', 'accent'],
] as const;

describe.each(Object.entries(THEMES))('the %s theme', (_, theme) => {
  test.each(GROUNDS)('has readable text, status and controls on %s', (ground) => {
    const on = (name: string): number => contrast(colour(theme, name), colour(theme, ground));
    expect(on('text')).toBeGreaterThanOrEqual(12.7);
    expect(on('muted')).toBeGreaterThanOrEqual(4.5);
    expect(on('accent')).toBeGreaterThanOrEqual(4.5);
    expect(on('control')).toBeGreaterThanOrEqual(3);
    for (const name of STATUS) expect(on(name), name).toBeGreaterThanOrEqual(4.5);
  });

  test.each(FILLS)('has readable %s on %s', (ink, fill) => {
    expect(contrast(colour(theme, ink), colour(theme, fill))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(Object.entries(VISIONS))('keeps status colours apart with %s vision', (name, vision) => {
    const limit = name === 'tritanopia' ? 5 : 8;
    for (const [index, a] of STATUS.entries()) {
      for (const b of STATUS.slice(index + 1)) {
        expect(distance(colour(theme, a), colour(theme, b), vision), `${a} and ${b}`).toBeGreaterThanOrEqual(
          limit,
        );
      }
    }
  });
});
