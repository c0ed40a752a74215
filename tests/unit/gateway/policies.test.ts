import { describe, expect, test } from 'vitest';
import { contentSecurityPolicy, inlineHashes } from '../../../server/gateway/content-policy.ts';
import { ACCOUNT_LOCKOUT, LOCKOUT_KEYS_MAX, Lockout } from '../../../server/gateway/lockout.ts';
import { Origins, ownOrigins } from '../../../server/gateway/origins.ts';
import { newSetupCode } from '../../../server/gateway/secrets.ts';
import {
  SESSION_ABSOLUTE_MS,
  SESSION_IDLE_MS,
  sessionAlive,
} from '../../../server/gateway/session-policy.ts';
import { TICKET_LIFE_MS, TICKETS_MAX, Tickets } from '../../../server/gateway/tickets.ts';

describe('lock-out', () => {
  const { failuresMax, lockMs, lockMaxMs, windowMs } = ACCOUNT_LOCKOUT;

  function lockOnce(lockout: Lockout, nowMs: number): void {
    for (let n = 0; n < failuresMax; n += 1) lockout.failed('ana', nowMs);
  }

  test('locks at the last allowed failure, for that key only', () => {
    const lockout = new Lockout(ACCOUNT_LOCKOUT);
    for (let n = 1; n < failuresMax; n += 1) expect(lockout.failed('ana', 0)).toBe(false);
    expect(lockout.lockedForMs('ana', 0)).toBe(0);
    expect(lockout.failed('ana', 0)).toBe(true);
    expect(lockout.lockedForMs('ana', 0)).toBe(lockMs);
    expect(lockout.lockedForMs('ana', lockMs)).toBe(0);
    expect(lockout.lockedForMs('ben', 0)).toBe(0);
  });

  test('each further lock is twice as long, up to the bound', () => {
    const lockout = new Lockout(ACCOUNT_LOCKOUT);
    let nowMs = 0;
    const spans: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      lockOnce(lockout, nowMs);
      spans.push(lockout.lockedForMs('ana', nowMs));
      nowMs += lockout.lockedForMs('ana', nowMs);
    }
    expect(spans.slice(0, 3)).toEqual([lockMs, 2 * lockMs, 4 * lockMs]);
    expect(spans.at(-1)).toBe(lockMaxMs);
  });

  test('a success forgets, and so does a quiet window', () => {
    const lockout = new Lockout(ACCOUNT_LOCKOUT);
    for (let n = 1; n < failuresMax; n += 1) lockout.failed('ana', 0);
    lockout.succeeded('ana');
    expect(lockout.failed('ana', 1)).toBe(false);
    for (let n = 2; n < failuresMax; n += 1) lockout.failed('ana', 1);
    expect(lockout.failed('ana', windowMs + 2)).toBe(false);
  });

  test('remembers a bounded number of keys', () => {
    const lockout = new Lockout(ACCOUNT_LOCKOUT);
    for (let n = 0; n < LOCKOUT_KEYS_MAX + 10; n += 1) lockout.failed(`name ${n}`, n);
    expect(lockout.size).toBe(LOCKOUT_KEYS_MAX);
  });
});

describe('tickets', () => {
  test('a ticket counts once', () => {
    const tickets = new Tickets();
    tickets.issue('t', 's', 0);
    expect(tickets.redeem('t', TICKET_LIFE_MS)).toBe('s');
    expect(tickets.redeem('t', TICKET_LIFE_MS)).toBeUndefined();
  });

  test('a ticket that is too old does not count', () => {
    const tickets = new Tickets();
    tickets.issue('t', 's', 0);
    expect(tickets.redeem('t', TICKET_LIFE_MS + 1)).toBeUndefined();
  });

  test('open tickets are bounded, the oldest goes first', () => {
    const tickets = new Tickets();
    for (let n = 0; n <= TICKETS_MAX; n += 1) tickets.issue(`t${n}`, 's', 0);
    expect(tickets.size).toBe(TICKETS_MAX);
    expect(tickets.redeem('t0', 1)).toBeUndefined();
    expect(tickets.redeem('t1', 1)).toBe('s');
  });
});

describe('session policy', () => {
  test('idle time is short for roles that write', () => {
    const times = { createdMs: 0, seenMs: 0 };
    expect(sessionAlive(times, 'operator', SESSION_IDLE_MS.operator - 1)).toBe(true);
    expect(sessionAlive(times, 'operator', SESSION_IDLE_MS.operator)).toBe(false);
    expect(sessionAlive(times, 'viewer', SESSION_IDLE_MS.operator)).toBe(true);
  });

  test('activity does not stretch a session beyond its absolute end', () => {
    const seenMs = SESSION_ABSOLUTE_MS - 1;
    expect(sessionAlive({ createdMs: 0, seenMs }, 'admin', SESSION_ABSOLUTE_MS - 1)).toBe(true);
    expect(sessionAlive({ createdMs: 0, seenMs }, 'admin', SESSION_ABSOLUTE_MS)).toBe(false);
  });
});

describe('origins', () => {
  const origins = new Origins(ownOrigins('127.0.0.1', 4_880));

  test.each([
    ['http://127.0.0.1:4880', true],
    ['http://localhost:4880', true],
    ['HTTP://LOCALHOST:4880', true],
    ['http://127.0.0.1:4881', false],
    ['https://127.0.0.1:4880', false],
    ['http://127.0.0.1:4880.evil.example', false],
    ['http://evil.example', false],
    ['null', false],
    ['', false],
    [undefined, false],
  ])('%s is allowed: %s', (origin, allowed) => {
    expect(origins.allows(origin)).toBe(allowed);
  });

  test('a public address stands alone', () => {
    expect(ownOrigins('muster.example.org', 80)).toEqual(['http://muster.example.org:80']);
    expect(ownOrigins('0.0.0.0', 4_880)).not.toContain('http://0.0.0.0:4880');
  });
});

describe('content policy', () => {
  test('inline scripts and styles are named by hash, scripts with a source are not', () => {
    const html =
      '<script src="/a.js"></script><script>let a = 1</script><style>p{}</style><script id="x">b()</script>';
    const { scripts, styles } = inlineHashes(html);
    expect(scripts).toHaveLength(2);
    expect(styles).toHaveLength(1);
    expect(scripts[0]).toMatch(/^'sha256-[\w+/]{43}='$/);
    expect(contentSecurityPolicy({ scripts, styles })).toContain(`script-src 'self' ${scripts.join(' ')};`);
  });

  test('nothing inline is allowed for scripts, and nobody may frame a page', () => {
    const policy = contentSecurityPolicy({ scripts: [], styles: [] });
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("script-src 'self' 'unsafe-inline'");
  });
});

test('a set-up code has four groups of four characters that cannot be mixed up', () => {
  expect(newSetupCode()).toMatch(/^[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){3}$/);
  expect(newSetupCode()).not.toBe(newSetupCode());
});
