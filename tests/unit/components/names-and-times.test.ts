import { describe, expect, test } from 'vitest';
import { consoleHref, readConsoleAddress } from '../../../components/console/console-address.ts';
import {
  environmentColour,
  INK_DARK,
  INK_LIGHT,
  inkOn,
  luminance,
  pageTitle,
} from '../../../components/frame/environment.ts';
import { nextAfterSignIn } from '../../../components/sign-in/next-after-sign-in.ts';
import {
  ALERT_REPEAT_MS,
  ALERTS_KEPT_MAX,
  Announcer,
  STATUS_EVERY_MS,
} from '../../../components/ui/announcer.ts';
import {
  formatAge,
  formatDuration,
  formatLatency,
  formatMoment,
  formatRfc3339,
  formatSkew,
  UNKNOWN,
} from '../../../components/ui/format-time.ts';
import { inertName, inertText } from '../../../components/ui/inert-text.ts';
import { SIGIL_OUTLINES, sigilOf } from '../../../components/ui/sigil-of.ts';

describe('sigils', () => {
  test('a monogram keeps what tells names apart', () => {
    const monogram = (name: string) => sigilOf(name).monogram;
    expect(monogram('labrat-1')).toBe('L1');
    expect(monogram('node3')).toBe('N3');
    expect(monogram('mx-west-12')).toBe('M12');
    expect(monogram('mx-west-112.example.com')).toBe('M12');
    expect(monogram('eccmgr')).toBe('EC');
    expect(monogram('mail-hub')).toBe('MH');
    expect(monogram('örebro')).toBe('ÖR');
    expect(monogram('7')).toBe('7');
    expect(monogram('---')).toBe('?');
  });

  test('the outline is stable and neighbours differ', () => {
    expect(sigilOf('node1')).toEqual(sigilOf('node1'));
    const outlines = ['node1', 'node2', 'node3', 'node4'].map((name) => sigilOf(name).outline);
    expect(new Set(outlines).size).toBe(4);
  });

  test('many names use all outlines', () => {
    const names = Array.from({ length: 200 }, (_, index) => sigilOf(`host-${index}`).outline);
    expect(new Set(names)).toEqual(new Set(SIGIL_OUTLINES));
  });
});

describe('times', () => {
  test('unknown is a dash and never zero', () => {
    for (const format of [formatAge, formatDuration, formatLatency, formatSkew]) {
      expect(format(null)).toBe(UNKNOWN);
      expect(format(undefined)).toBe(UNKNOWN);
      expect(format(Number.NaN)).toBe(UNKNOWN);
    }
    expect(formatMoment(null, null)).toBe(UNKNOWN);
  });

  test('durations have at most two units', () => {
    expect(formatAge(640)).toBe('0.6 s');
    expect(formatAge(9_949)).toBe('9.9 s');
    expect(formatAge(9_950)).toBe('9 s');
    expect(formatDuration(200_000)).toBe('3 min 20 s');
    expect(formatDuration(5 * 3_600_000)).toBe('5 h');
    expect(formatDuration(9 * 86_400_000 + 4 * 3_600_000 + 59_000)).toBe('9 d 4 h');
  });

  test('skew is signed', () => {
    expect(formatSkew(3.2)).toBe('+3 ms');
    expect(formatSkew(-812)).toBe('−812 ms');
    expect(formatSkew(1_240)).toBe('+1.2 s');
    expect(formatSkew(0.4)).toBe('0 ms');
  });

  test('another day is written out', () => {
    const dayMs = 86_400_000;
    expect(formatMoment(dayMs * 20_000, dayMs * 20_000)).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(formatMoment(dayMs * 20_000, dayMs * 20_002)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(Date.parse(formatRfc3339(1_700_000_000_123))).toBe(1_700_000_000_123);
  });
});

describe('hostile text', () => {
  test('terminal escapes become visible', () => {
    expect(inertText('\u001b[2Jx\u0007')).toBe('^[[2Jx^G');
    expect(inertText('a\u007fb')).toBe('a^?b');
    expect(inertText('\u009b31m')).toBe('‹U+009B›31m');
  });

  test('direction and zero-width characters become visible', () => {
    expect(inertText('\u202eabc\u2066\u200b\ufeff')).toBe('‹U+202E›abc‹U+2066›‹U+200B›‹U+FEFF›');
  });

  test('line ends of any kind are kept as lines, tabs as tabs', () => {
    expect(inertText('a\r\nb\rc\td\n')).toBe('a\nb\nc\td\n');
    expect(inertName('a\nb')).toBe('a b');
  });

  test('other languages are left alone', () => {
    expect(inertText('Ωμέγα 日本 ñ')).toBe('Ωμέγα 日本 ñ');
  });
});

describe('the way after sign-in', () => {
  test('a deep link comes back whole', () => {
    expect(nextAfterSignIn('?next=%2Fmembers%3Fnode%3Dnode2%23links')).toBe('/members?node=node2#links');
  });

  test('only this origin is followed', () => {
    const evil = [
      'https://elsewhere.example/',
      '//elsewhere.example',
      '/\\elsewhere.example',
      'javascript:alert(1)',
      '/\t/elsewhere.example',
    ];
    for (const next of evil) {
      expect(nextAfterSignIn(`?next=${encodeURIComponent(next)}`)).toBe('/overview');
    }
    expect(nextAfterSignIn('')).toBe('/overview');
    expect(nextAfterSignIn('?next=/sign-in')).toBe('/overview');
  });
});

describe('the environment', () => {
  test('the title carries pattern, name and cluster', () => {
    const environment = { name: 'test', pattern: 'dotted', colour: '#123456' } as const;
    expect(pageTitle({ environment, clusterName: 'mx-west', page: 'Members' })).toBe(
      '░ TEST mx-west · Members',
    );
  });

  test('only plain colours are drawn', () => {
    expect(environmentColour('#0B5CAD')).toBe('#0B5CAD');
    expect(environmentColour('red; background: url(x)')).toBe('#3d4752');
  });

  test('words on the band are readable on any colour', () => {
    for (let value = 0; value <= 0xffffff; value += 0x01_0f_0d) {
      const colour = `#${value.toString(16).padStart(6, '0')}`;
      const [dark, light] = [luminance(colour), luminance(inkOn(colour))].sort((a, b) => a - b);
      expect(((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05), colour).toBeGreaterThanOrEqual(4.1);
    }
    expect(inkOn('#ffffff')).toBe(INK_DARK);
    expect(inkOn('#000000')).toBe(INK_LIGHT);
  });
});

describe('announcements', () => {
  test('status is said at most every ten seconds, and then the newest', () => {
    const announcer = new Announcer();
    expect(announcer.offerStatus('one', 0)).toBe('one');
    expect(announcer.offerStatus('two', 1)).toBeUndefined();
    expect(announcer.offerStatus('three', 2)).toBeUndefined();
    expect(announcer.deadlineMs).toBe(STATUS_EVERY_MS);
    expect(announcer.dueStatus(STATUS_EVERY_MS)).toBe('three');
    expect(announcer.deadlineMs).toBeUndefined();
  });

  test('the same alert is said once a minute', () => {
    const announcer = new Announcer();
    expect(announcer.offerAlert('lost', 0)).toBe(true);
    expect(announcer.offerAlert('lost', ALERT_REPEAT_MS - 1)).toBe(false);
    expect(announcer.offerAlert('lost', ALERT_REPEAT_MS)).toBe(true);
  });

  test('remembered alerts are bounded', () => {
    const announcer = new Announcer();
    for (let index = 0; index <= ALERTS_KEPT_MAX; index += 1) announcer.offerAlert(`alert ${index}`, 0);
    expect(announcer.offerAlert('alert 0', 1)).toBe(true);
    expect(announcer.offerAlert(`alert ${ALERTS_KEPT_MAX}`, 1)).toBe(false);
  });
});

test('the address of the console goes round', () => {
  const address = { job: null, approval: null, nodes: ['a b', 'c'], command: 'config get "x y"' };
  expect(readConsoleAddress(new URL(consoleHref(address), 'http://x').searchParams)).toEqual(address);
  expect(consoleHref({})).toBe('/console');
});
