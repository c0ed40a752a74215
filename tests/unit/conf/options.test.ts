import { describe, expect, test } from 'vitest';
import { SOCKET_PATH_BYTES_MAX } from '../../../server/base/socket-path.ts';
import {
  isIpAddress,
  isLoopback,
  parseCidr,
  parseEndpoint,
  parseListen,
} from '../../../server/conf/addresses.ts';
import { formatDiagnostics } from '../../../server/conf/diagnostics.ts';
import { createRegistry } from '../../../server/conf/registry.ts';
import { parsePermissions, problemOf } from '../../../server/conf/values.ts';
import { load, parse, REGISTRY } from '../../support/conf-samples.ts';

function messages(text: string): readonly string[] {
  return load(text).diagnostics.map((d) => `${d.line}:${d.column} ${d.code} ${d.message}`);
}

function hint(text: string): string | undefined {
  return load(text).diagnostics[0]?.hint;
}

describe('option tables', () => {
  test('every default is a value of its own type', () => {
    for (const table of REGISTRY.tables()) {
      for (const entry of table.options) {
        const { default: standard } = entry;
        if (standard === undefined) continue;
        const place = `${table.path.join('::')} ${entry.name}`;
        const texts = typeof standard === 'string' ? [standard] : standard;
        if (entry.type === 'dictionary') {
          const [item] = parse(`x = [ ${texts.join(' ')} ]`).items;
          expect(item?.kind === 'option' ? problemOf(entry, item.value) : 'none', place).toBeUndefined();
          continue;
        }
        for (const text of texts) {
          const value = { kind: 'scalar', text, quoted: true, at: { file: '', line: 1, column: 1 } } as const;
          expect(problemOf(entry, value), place).toBeUndefined();
        }
      }
    }
  });

  test('every option names its source, every alias a known option', () => {
    for (const table of REGISTRY.tables()) {
      const names = new Set(table.options.map((entry) => entry.name));
      for (const entry of table.options) {
        expect(entry.source).not.toBe('');
        if (entry.aliasOf !== undefined) expect(names.has(entry.aliasOf)).toBe(true);
      }
    }
  });

  test('a room adds its own tables', () => {
    const registry = createRegistry([{ path: ['mine'], instance: 'none', options: [] }]);
    expect(registry.scope(['Mine'])).toBeDefined();
    expect(registry.scope(['msgc_server'])).toBeUndefined();
  });

  test('[CLU-08] [CLU-09] [CLU-11] the cluster scope has its documented defaults', () => {
    const { generation } = load('');
    const int = (name: string): number | undefined => generation?.getInteger(['cluster'], name);
    expect([
      int('heartbeat_start_delay'),
      generation?.getNumber(['cluster'], 'heartbeats_per_sec'),
      int('if_check_interval'),
      int('if_down_limit'),
      int('view_balance_interval'),
      int('view_broadcast_interval'),
      int('view_mature_time'),
      int('duravip_balance_set_size'),
      generation?.getBoolean(['cluster'], 'unconditional_rebind'),
      generation?.getBoolean(['cluster'], 'allow_loopback_nodeaddr'),
      generation?.getString(['cluster'], 'byzantine_action'),
    ]).toEqual([15, 1, 30, 4, 10, 0, 5, 10, true, false, 'flag']);
  });

  test('an alias sets the option it stands for, with a warning', () => {
    const { generation, diagnostics } = load('cluster { unconditional_rebinding = false }');
    expect(generation?.getBoolean(['cluster'], 'unconditional_rebind')).toBe(false);
    expect(diagnostics.map((d) => d.code)).toEqual(['CONF_DEPRECATED']);
  });

  test('[CON-08] Control_Listener has all its options, and Listen inherits what it does not set', () => {
    const { generation, errors } = load(`Control_Listener {
      Timeout = 30 File_Mode = 0666 Enable = true Listen_Backlog = 10 Accept_Queue_Backlog = 1
      Concurrency = 1 Events_Per_Iter = 1 Pool_Name = p TCP_Recv_Buffer_Size = 1 TCP_Send_Buffer_Size = 1
      Disable_Nagle_Algorithm = yes Enable_Authentication = "true" Enable_Authorization = "false"
      AuthDigestMD5Parameters [ uri = "ecauth://" realm = "x" ]
      AuthCramMD5Parameters = [ uri = "ecauth://" ] AuthLoginParameters = [ uri = "ecauth://" ]
      AuthorizationParameters = [ uri = "ecauth://" ] Always_Allow = off Always_Deny = off
      Listen "/tmp/2025" { Enable_Authentication = "false" File_Mode = "0600" }
      Listen "127.0.0.1:2025" { }
      Peer "127.0.0.1" { Always_Allow = true }
    }`);
    expect(errors).toBe(0);
    const unix = ['Control_Listener', { name: 'Listen', instance: '/tmp/2025' }];
    const tcp = ['Control_Listener', { name: 'Listen', instance: '127.0.0.1:2025' }];
    expect(generation?.getBoolean(unix, 'Enable_Authentication')).toBe(false);
    expect(generation?.getBoolean(tcp, 'Enable_Authentication')).toBe(true);
    expect([
      generation?.getPermissions(unix, 'file_mode'),
      generation?.getPermissions(tcp, 'file_mode'),
    ]).toEqual([0o600, 0o666]);
    expect(generation?.instances(['Control_Listener'], 'Listen')).toEqual(['/tmp/2025', '127.0.0.1:2025']);
    expect(generation?.getInteger(['Control_Listener'], 'Timeout')).toBe(30);
  });
});

describe('names', () => {
  test('an unknown option of a known scope is an error with the nearest name', () => {
    expect(messages('cluster { view_mature_tme = 5 }')).toEqual([
      "1:11 CONF_UNKNOWN_OPTION 'view_mature_tme' is not a valid scope name in scope 'cluster'",
    ]);
    expect(hint('cluster { view_mature_tme = 5 }')).toBe("did you mean 'view_mature_time'?");
  });

  test('an unknown scope is kept with one warning, its contents unchecked', () => {
    const { generation, diagnostics } = load('sieve "a" { x = 1 }\nsieve "b" { y { z = 1 } }');
    expect(diagnostics.map((d) => d.code)).toEqual(['CONF_UNKNOWN_SCOPE']);
    expect(generation?.getString([{ name: 'Sieve', instance: 'a' }], 'X')).toBe('1');
    expect(generation?.instances([], 'sieve')).toEqual(['a', 'b']);
    expect(hint('clustr { }')).toBe("did you mean 'cluster'?");
  });

  test('documented options of the wider product are kept with a warning', () => {
    const { generation, diagnostics } = load('bounce_domains = ( a.example b.example )');
    expect(diagnostics.map((d) => d.message)).toEqual([
      "the option 'Bounce_Domains' is kept but has no effect here",
    ]);
    expect(generation?.getStrings([], 'Bounce_Domains')).toEqual(['a.example', 'b.example']);
  });

  test('a stray word is an unknown name', () => {
    expect(messages('garbage')).toEqual([
      "1:1 CONF_UNKNOWN_OPTION 'garbage' is not a valid scope name in scope 'Global'",
    ]);
  });

  test('scopes with and without a name of their own are told apart', () => {
    expect(messages('cluster "a" { }').join()).toContain("'cluster' exists once");
    expect(messages('cluster { Topology { } }').join()).toContain("'Topology' needs a name of its own");
    expect(messages('cluster { Topology "eth0" { } }').join()).toContain('is not a network');
    expect(messages('Control_Listener { Listen "2025" { } }').join()).toContain('is not an endpoint');
  });
});

describe('values', () => {
  test.each([
    ['enabled = maybe', 'is neither true nor false'],
    ['if_check_interval = ten', 'is not a whole number'],
    ['if_check_interval = 0', 'is below 1 s'],
    ['if_check_interval = 09', 'is not a whole number'],
    ['heartbeats_per_sec = fast', 'is not a number'],
    ['heartbeats_per_sec = 1000', 'is above 100 1/s'],
    ['debug_level = LOUD', 'is not one of DEBUG'],
    ['nodeaddr = host', 'is not an IP address'],
    ['nodename = ( a b )', 'takes one value, not an array'],
    ['nodename = [ a = b ]', 'takes no dictionary'],
    ['logs = x', 'takes a dictionary'],
    ['logs = [ a = ( b ) ]', 'takes pairs'],
    ['byzantine_action = kill', 'is not one of flag, exclude'],
    ['duravip_balance_set_size = 1', 'the value must be greater than 1'],
  ])('cluster { %s } is refused', (option, problem) => {
    const { diagnostics, generation } = load(`cluster {\n ${option}\n}`);
    expect(generation).toBeUndefined();
    const error = diagnostics.find(({ severity }) => severity === 'error');
    expect(error?.message).toContain(problem);
    expect(error?.line).toBe(2);
  });

  test('permissions are octal, quoted or bare', () => {
    expect(['0660', '660', '"', '0888'].map((text) => parsePermissions(text).ok)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(
      load('Logs { file_mode = "0640" dir_mode = 0755 }').generation?.getPermissions(['Logs'], 'file_mode'),
    ).toBe(0o640);
  });

  test('later definitions override earlier ones, scopes of one name merge', () => {
    const { generation } = load('cluster { nodename = a enabled = true }\ncluster { nodename = b }');
    expect(generation?.getString(['cluster'], 'nodename')).toBe('b');
    expect(generation?.isSet(['cluster'], 'enabled')).toBe(true);
    expect(generation?.isSet(['cluster'], 'nodeaddr')).toBe(false);
  });

  test('a module does not inherit what merely has its name in a wider scope', () => {
    const { generation } = load('Connect_Timeout = 7\nTCP_Buffer_Size = 4096\nmsgc_client { }');
    expect(generation?.getInteger(['msgc_client'], 'connect_timeout')).toBe(60);
    expect(generation?.getInteger(['cluster'], 'tcp_buffer_size')).toBe(4096);
  });
});

describe('meaning', () => {
  const LISTENER = 'msgcserver_listener { listen ":4809" {} }';

  test('a bus server needs its listener', () => {
    expect(messages('msgc_server { }')).toEqual([
      '1:1 CONF_NO_MSGC_LISTENER msgc_server is configured but no msgcserver_listener',
    ]);
  });

  test('names of peers are lower case', () => {
    expect(messages(`msgc_server { peers = [ Node1 = "10.0.0.1" ] }\n${LISTENER}`)).toEqual([
      "1:25 CONF_PEER_CASE the name of the peer 'Node1' is read as 'node1'",
    ]);
  });

  test('a peer has one name and an address', () => {
    const peers = (text: string): readonly string[] =>
      messages(`msgc_server { peers = [ ${text} ] }\n${LISTENER}`);
    expect(peers('a = "10.0.0.1" a = "10.0.0.2"').join()).toContain("the peer 'a' is named twice");
    expect(peers('a = ""').join()).toContain("the peer 'a' has no address");
    expect(peers('"a#b" = "10.0.0.1"').join()).toContain("the peer 'a#b'");
  });

  test.each([
    ['Replicate "mine" { type = "cache" max_size = 5 }', ''],
    ['Replicate "metrics" { parameters = "connect; reception;rejection" }', ''],
    ['Replicate "x" { class = "outbound_cidr" binding_group = "g" }', ''],
    ['Replicate "mine" { }', 'needs a type, because its name is none'],
    ['Replicate "inbound_cdir" { }', 'needs a type, because its name is none'],
    ['Replicate "x" { type = "y" }', "'y' is not a replication type"],
    ['Replicate "metrics" { parameters = "conect" }', "'conect' is not one of the replication parameters"],
    ['Replicate "inbound_cidr" { max_size = 5 }', 'max_size is for caches only'],
    ['Replicate "inbound_cidr" { binding_group = g }', 'binding_group is for outbound_cidr'],
    ['Replicate "outbound_domain" { }', "'outbound_domain' is read as 'outbound_domains'"],
  ])('the types and parameters of replication are checked: %s', (scope, message) => {
    const found = messages(`cluster { ${scope} }`);
    expect(found.join()).toContain(message);
    expect(found).toHaveLength(message === '' ? 0 : 1);
  });

  test.each(['127.0.0.1', '127.255.0.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'])(
    '[CLU-07] nodeaddr %s is refused unless loopback addresses are allowed',
    (address) => {
      const text = `nodeaddr = "${address}"`;
      expect(messages(`cluster { ${text} }`)).toHaveLength(1);
      expect(messages(`cluster { ${text} allow_loopback_nodeaddr = true }`)).toEqual([]);
    },
  );

  test('two listeners cannot share an endpoint', () => {
    expect(messages('Control_Listener { Listen ":2025" {} Listen "*:2025" {} }').join()).toContain(
      "Control_Listener listens on '*:2025', which line 1 of /main.conf already does",
    );
  });

  test('with a bracket missing nothing but the bracket is reported', () => {
    expect(messages('cluster {\nmsgc_server { port = x }')).toHaveLength(1);
  });
});

describe('addresses', () => {
  test('IP addresses of both families are told from names', () => {
    const good = ['10.0.0.1', '::', '::1', 'fe80::1', '1:2:3:4:5:6:7:8', '::ffff:10.0.0.1'];
    const bad = ['10.0.0', '10.0.0.256', '01.0.0.1', ':::', '1:2:3', 'g::1', '1::2::3', 'localhost', ''];
    expect(good.filter((text) => !isIpAddress(text))).toEqual([]);
    expect(bad.filter(isIpAddress)).toEqual([]);
  });

  test('loopback is 127.0.0.0/8 and ::1', () => {
    expect(['127.0.0.1', '128.0.0.1', '::1', '::2', '::'].map(isLoopback)).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
  });

  test('networks have as many bits as their family', () => {
    expect(parseCidr('10.1.1.0/24')).toEqual({ ok: true, value: { address: '10.1.1.0', bits: 24 } });
    expect(parseCidr('10.1.1.1')).toEqual({ ok: true, value: { address: '10.1.1.1', bits: 32 } });
    expect([parseCidr('10.1.1.0/33').ok, parseCidr('::/129').ok, parseCidr('x/8').ok]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test.each([
    ['*:25', { kind: 'tcp', host: '*', port: 25 }],
    [':25', { kind: 'tcp', host: '*', port: 25 }],
    ['127.0.0.1:25', { kind: 'tcp', host: '127.0.0.1', port: 25 }],
    ['[*]:25', { kind: 'tcp', host: '*', port: 25 }],
    ['[::]:25', { kind: 'tcp', host: '::', port: 25 }],
    ['/tmp/2025', { kind: 'unix', path: '/tmp/2025' }],
  ])('%s is an endpoint to listen on', (text, value) => {
    expect(parseListen(text)).toEqual({ ok: true, value });
  });

  test('a socket path has a length', () => {
    expect(parseListen(`/${'x'.repeat(SOCKET_PATH_BYTES_MAX - 1)}`).ok).toBe(true);
    expect(parseListen(`/${'x'.repeat(SOCKET_PATH_BYTES_MAX)}`).ok).toBe(false);
  });

  test('an endpoint to connect to has a host', () => {
    expect(parseEndpoint('[::1]:4809')).toEqual({ ok: true, value: { host: '::1', port: 4809 } });
    expect(
      [':4809', '*:4809', 'h', 'h:0', 'h:65536', '::1:80'].filter((text) => parseEndpoint(text).ok),
    ).toEqual([]);
  });
});

test('diagnostics print one per line with their hint, and say how many are missing', () => {
  const { diagnostics } = parse('a b');
  const list = { diagnostics, errors: 3, warnings: 0 };
  expect(formatDiagnostics(list)).toBe(
    [
      "a.conf:1:3: error: Syntax error in a.conf at line 1 near 'b': missing '=' after 'a' [CONF_MISSING_EQUALS]",
      '  hint: write a = b',
      '2 more not shown',
    ].join('\n'),
  );
});

describe('roles', () => {
  const role = (allow: string): string => `Authorization {\n  Role "ops" {\n    allow = ${allow}\n  }\n}`;

  test('take one pattern or several', () => {
    expect(messages(role('".*"'))).toEqual([]);
    expect(messages(role('( "^config (get|show)" "^cluster " )'))).toEqual([]);
  });

  test('a pattern that is none is an error at its place', () => {
    const [message, ...more] = messages(role('( "^ok$" "(" )'));
    expect(message).toMatch(/^3:22 CONF_BAD_VALUE allow of the role 'ops': '\(' is not a pattern: /);
    expect(more).toEqual([]);
  });
});

describe('scopes that are kept', () => {
  test('are said to be so once, with whatever is in them', () => {
    const pathway = (name: string): string => `Pathway "${name}" { Always_Deny = 1 Domain x { y = 1 } }`;
    expect(messages(`${pathway('a')}\n${pathway('b')}`)).toEqual([
      "1:1 CONF_UNKNOWN_SCOPE the scope 'Pathway' is kept but has no effect here",
    ]);
  });

  test('are told apart from those of mail, of which single options are kept', () => {
    const binding = (name: string): string =>
      `Binding "${name}" { Bind_Address = 10.0.0.1 new_option = 1 Domain x { y = 1 } }`;
    expect(messages(`${binding('a')}\n${binding('b')}`)).toEqual([
      "1:39 CONF_KEPT_OPTION in 'Binding' the option 'new_option' and its like are kept but have no effect here",
      "1:65 CONF_KEPT_OPTION in 'Domain' the option 'y' and its like are kept but have no effect here",
    ]);
  });

  test('and their documented options are checked', () => {
    expect(messages('Binding b { Enable_Duravip = perhaps }').at(-1)).toMatch(
      /CONF_BAD_VALUE Enable_Duravip: 'perhaps'/,
    );
  });

  test('in a scope that is known in part, an unknown option is kept with a warning', () => {
    expect(messages('ec_logger "l" { acctlog = "/a" new_option = 1 }')).toEqual([
      "1:32 CONF_KEPT_OPTION the option 'new_option' in 'ec_logger' is kept but has no effect here",
    ]);
  });
});
