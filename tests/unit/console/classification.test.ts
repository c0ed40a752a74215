import { describe, expect, test } from 'vitest';
import { classifyCommand, typedNameFor } from '../../../server/console/classification.ts';
import type { CommandClass } from '../../../server/wire/http.ts';

/** Every command of momentum.md 7.5 to 7.7. */
const DOCUMENTED: Readonly<Record<CommandClass, readonly string[]>> = {
  R: [
    'help',
    'help cluster info',
    'cluster help',
    'config help',
    'version',
    'summary',
    'binding summary group:east',
    'mailq -d example.com -l 5',
    'active 10',
    'delayed 10',
    'module list',
    'module hooks',
    'paniclog',
    'pid',
    'sysinfo',
    'memory',
    'threads stats',
    'threads cpu queue',
    'cache list',
    'count inbound 24',
    'cluster throttle check OBTM example.com 30/60',
    'show inbound',
    'dig mx example.com',
    'authz id',
    'authz roles list',
    'write config',
    'sched list',
    'ds_core stats',
    'config get Blackhole',
    'config eval Blackhole',
    'config show Logs',
    'config showrecurse',
    'config locate Listen',
    'config replay',
    'cluster info',
    'cluster membership',
    'cluster nodeaddr',
    'cluster nodename',
    'cluster arp show',
    'cluster show logs',
    'cluster shared list',
    'cluster shared show inbound_cidr from pono',
    'inbound_audit show ip 10.0.0.0/8',
    'count inbound 24',
    'cluster duravip show',
    'cluster duravip show tables',
    'cluster duravip whatif labrat-1',
    'cluster duravip whatif labrat-1 labrat-2',
    'show cluster membership',
    'info',
    'retrieve shutdown',
    'retrieve_node pono cluster reset',
    'subcluster retrieve west anything at all',
    'fetch boot config pono',
    'xml summary',
    'xml show cluster membership',
    'broadcast xml summary',
    'unicast pono cluster info',
    'subcluster broadcast west version',
    'CLUSTER Info',
  ],
  W1: [
    'reopen logs',
    'ec_logger:mainlog reopen logs',
    'trace smtp 10.0.0.1',
    'config begin',
    'config begin from scratch',
    'config rollback',
    'cluster cache get my_cache key',
    'cluster cache set my_cache key value 5M',
    'cluster cache delete my_cache key',
    'cluster duravip debug on',
    'cluster duravip unpin 10.0.5.139',
    'broadcast cluster duravip unpin vip-139',
    'cluster duravip move 10.0.5.139 hostname',
    'cluster duravip move 10.0.5.139 to hostname',
    'cluster duravip move 2001:db8::1 to hostname',
    'broadcast cluster duravip move 10.0.5.139 to hostname',
  ],
  W2: [
    'summary reset',
    'rebind east example.com',
    'config set Message_Expiration 3600',
    'config unset Message_Expiration',
    'config commit',
    'config reload',
    'broadcast config reload',
    'cluster duravip move labrat-1 labrat-2',
    'cluster duravip announce view',
    'cluster duravip drain labrat-1',
    'broadcast cluster duravip undrain labrat-1',
    'broadcast cluster duravip announce view',
  ],
  W3: [
    'shutdown',
    'broadcast shutdown',
    'unicast pono shutdown',
    'sieve:sieve1 flush cache',
    'broadcast sieve:sieve1 flush cache',
    'write config /tmp/running.conf',
    'config reload /tmp/other.conf',
    'config writeback',
    'flush control cache',
    'cluster shared flush my_cache',
  ],
  W4: [
    'cluster reset',
    'cluster abort 7',
    'broadcast cluster reset',
    'xml cluster reset',
    'sched every 5 shutdown',
    'tls anything',
    'frobnicate',
    'shutdown now',
    'cluster info; cluster reset',
    'config get "unterminated',
    'broadcast',
    'broadcast broadcast version',
    'xml',
    '',
  ],
};

describe('classes', () => {
  for (const [commandClass, commands] of Object.entries(DOCUMENTED)) {
    test.each(commands)(`${commandClass}: '%s'`, (command) => {
      expect(classifyCommand(command).class).toBe(commandClass);
    });
  }

  test('what the grammar does not know says so', () => {
    expect(classifyCommand('frobnicate')).toEqual({ class: 'W4', known: false, object: undefined });
    expect(classifyCommand('cluster reset').known).toBe(true);
    expect(classifyCommand('broadcast frobnicate').known).toBe(false);
  });

  test('words that every object inherits are no commands', () => {
    for (const word of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(classifyCommand(word).known).toBe(false);
    }
  });
});

describe('the name that must be typed', () => {
  const all = { kind: 'all' } as const;
  const name = (command: string, target: Parameters<typeof typedNameFor>[1]['target']) =>
    typedNameFor(classifyCommand(command), { target, clusterName: 'labrat' });

  test('is none for reads and reversible commands', () => {
    expect(name('version', all)).toBeNull();
    expect(name('config reload', all)).toBeNull();
    expect(name('cluster duravip move 10.0.0.1 x', all)).toBeNull();
  });

  test('is the object of a W3 command, or the one target, or the cluster', () => {
    expect(name('sieve:sieve1 flush cache', all)).toBe('sieve:sieve1');
    expect(name('shutdown', { kind: 'nodes', names: ['pono'] })).toBe('pono');
    expect(name('shutdown', { kind: 'nodes', names: ['pono', 'uhalehe'] })).toBe('labrat');
    expect(name('shutdown', { kind: 'subcluster', name: 'west' })).toBe('west');
    expect(name('shutdown', all)).toBe('labrat');
  });

  test('is the cluster for W4 and for what is unknown', () => {
    expect(name('cluster reset', { kind: 'nodes', names: ['pono'] })).toBe('labrat');
    expect(name('frobnicate', all)).toBe('labrat');
  });
});
