import { afterEach, describe, expect, test } from 'vitest';
import {
  formatClock,
  formatExportTime,
  formatMoment,
  formatRfc3339,
  zoneLabel,
} from '../../../components/ui/format-time.ts';
import {
  allZones,
  BROWSER_ZONE,
  currentZone,
  isZone,
  setCurrentZone,
  zonedTime,
} from '../../../components/ui/zone.ts';

afterEach(() => setCurrentZone(BROWSER_ZONE));

const WINTER_MS = Date.UTC(2026, 10, 20, 23, 2, 31, 250);

describe('the chosen zone', () => {
  test('times, days and labels follow it', () => {
    setCurrentZone('UTC');
    expect([formatClock(WINTER_MS), formatRfc3339(WINTER_MS)]).toEqual([
      '23:02:31',
      '2026-11-20T23:02:31.250+00:00',
    ]);
    setCurrentZone('Asia/Tokyo');
    expect([formatMoment(WINTER_MS, null), formatRfc3339(WINTER_MS), zoneLabel(WINTER_MS)]).toEqual([
      '2026-11-21 08:02:31',
      '2026-11-21T08:02:31.250+09:00',
      'GMT+9',
    ]);
    setCurrentZone('America/St_Johns');
    expect(formatRfc3339(WINTER_MS)).toBe('2026-11-20T19:32:31.250-03:30');
  });

  test('the same day is the same day in the zone', () => {
    setCurrentZone('UTC');
    expect(formatMoment(WINTER_MS, WINTER_MS + 3_600_000)).toBe('2026-11-20 23:02:31');
    setCurrentZone('Asia/Tokyo');
    expect(formatMoment(WINTER_MS, WINTER_MS + 3_600_000)).toBe('08:02:31');
  });

  test('midnight is 00 and summer time has its own offset', () => {
    setCurrentZone('Europe/Berlin');
    expect(formatRfc3339(Date.UTC(2026, 6, 1, 22, 0, 0))).toBe('2026-07-02T00:00:00.000+02:00');
    expect(formatRfc3339(Date.UTC(2026, 11, 1, 23, 0, 0))).toBe('2026-12-02T00:00:00.000+01:00');
  });

  test('moments before 1970 and with a fraction keep their offset', () => {
    expect(zonedTime(-1, 'Asia/Tokyo').offsetMin).toBe(540);
    expect(zonedTime(-1, 'UTC').offsetMin).toBe(0);
  });

  test('a zone that nobody knows is the browser, and an offset is no name', () => {
    expect([isZone('Mars/Olympus'), isZone('+01:00'), isZone(''), isZone('UTC')]).toEqual([
      false,
      false,
      false,
      true,
    ]);
    setCurrentZone('Mars/Olympus');
    expect(currentZone()).toBe(BROWSER_ZONE);
    expect(allZones()[0]).toBe('UTC');
    expect(allZones()).toContain('Europe/Berlin');
  });

  test('a moment that no calendar has is unknown', () => {
    setCurrentZone('Asia/Tokyo');
    for (const wallMs of [8.64e15, -8.64e15, 1e300, Number.POSITIVE_INFINITY]) {
      expect([formatClock(wallMs), formatMoment(wallMs, 0), formatExportTime(wallMs)]).toEqual([
        '—',
        '—',
        '',
      ]);
    }
  });

  test('an unknown time is exported as nothing', () => {
    expect([formatExportTime(null), formatExportTime(Number.NaN)]).toEqual(['', '']);
    setCurrentZone('UTC');
    expect(formatExportTime(0)).toBe('1970-01-01T00:00:00.000+00:00');
  });
});
