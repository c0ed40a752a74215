/**
 * The time zone that times are shown in: the browser's, UTC, or any of the IANA list. Holds the one choice of this
 * page and does the arithmetic of zones; who chose it and where it is kept is the frame's business.
 */

export const BROWSER_ZONE = 'browser';

/** What a clock on a wall in the zone shows, and how far it is from UTC. */
export type ZonedTime = {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Minutes east of UTC. */
  readonly offsetMin: number;
};

let chosen = BROWSER_ZONE;

export function currentZone(): string {
  return chosen;
}

/** Takes effect for what is rendered next. An unknown zone is the browser's. */
export function setCurrentZone(zone: string): void {
  chosen = isZone(zone) ? zone : BROWSER_ZONE;
}

export function isZone(zone: string): boolean {
  if (zone === BROWSER_ZONE) return true;
  // Offsets such as `+01:00` are zones to the platform, but not names.
  if (zone === '' || /^[+-]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The IANA name behind `browser`; other zones as they are. */
export function zoneName(zone: string): string {
  return zone === BROWSER_ZONE ? new Intl.DateTimeFormat().resolvedOptions().timeZone : zone;
}

/** Every zone that this browser knows, `UTC` first. */
export function allZones(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
}

const PARTS = {
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  timeZoneName: 'short',
} as const;

/** The last zone's, because making one costs more than all that it formats in a frame. */
let made: { readonly zone: string; readonly format: Intl.DateTimeFormat } | undefined;

function formatOf(zone: string): Intl.DateTimeFormat {
  if (made?.zone !== zone) {
    const options = zone === BROWSER_ZONE ? PARTS : { ...PARTS, timeZone: zone };
    made = { zone, format: new Intl.DateTimeFormat('en-GB', options) };
  }
  return made.format;
}

export function zonedTime(wallMs: number, zone = chosen): ZonedTime {
  if (zone === BROWSER_ZONE) return browserTime(new Date(wallMs));
  const values = new Map(
    formatOf(zone)
      .formatToParts(wallMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => values.get(type) ?? 0;
  const time = {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
  const asUtcMs = Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second);
  return { ...time, offsetMin: Math.round((asUtcMs - wallMs) / 60_000) + 0 };
}

function browserTime(date: Date): ZonedTime {
  return {
    year: date.getFullYear(),
    month: date.getMonth() + 1,
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
    offsetMin: -date.getTimezoneOffset(),
  };
}

/** For column heads: `CET`, `UTC`, `GMT+9`. */
export function zoneShortName(wallMs: number, zone = chosen): string {
  const parts = formatOf(zone).formatToParts(wallMs);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}
