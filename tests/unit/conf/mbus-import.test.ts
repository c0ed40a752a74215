import { describe, expect, test } from 'vitest';
import { Prng } from '../../../server/base/prng.ts';
import { importMbus } from '../../../server/conf/mbus-import.ts';
import { load, seedSample } from '../../support/conf-samples.ts';

const PORT = 4809;
const SEED = 20_260_402;
const LISTENER = 'msgcserver_listener { listen ":4809" { } }\n';

function imported(text: string) {
  const { text: output, diagnostics } = importMbus('mbus.conf', text, { port: PORT, keyFile: undefined });
  const said = diagnostics.map((d) => `${d.line}:${d.column} ${d.severity} ${d.message}`);
  return { output, said };
}

/** What a process makes of the text. */
function peersOf(output: string | undefined): Readonly<Record<string, string>> {
  const { generation } = load(`${output}${LISTENER}`);
  return Object.fromEntries(generation?.getDictionary(['msgc_server'], 'peers') ?? []);
}

describe('the import of mbus.conf', () => {
  test('[MSG-34] makes peers of the hosts of all segments and keeps what is said of subclusters', () => {
    const { output, said } = imported(seedSample('004-mbus-subclusters.mbus.conf'));
    expect(said).toEqual([]);
    expect(output?.split('\n').slice(3).join('\n')).toBe(
      [
        '# Subcluster: east = rh52mgr.vmnet24.example.com',
        '#   10.79.24.255:4803: rh52bare rh52mgr',
        '# Subcluster: west = rh52mgr.vmnet24.example.com',
        '#   10.79.240.255:4803: rh52bar2',
        'msgc_server {',
        '  port = 4809',
        '  peers = [',
        '    rh52bare = "10.79.24.130"',
        '    rh52mgr = "10.79.24.136"',
        '    rh52bar2 = "10.79.240.129"',
        '  ]',
        '}',
        '',
      ].join('\n'),
    );
    expect(peersOf(output)).toEqual({
      rh52bare: '10.79.24.130',
      rh52mgr: '10.79.24.136',
      rh52bar2: '10.79.240.129',
    });
  });

  test('[MSG-34] [MSG-33] [MSG-18] takes names of any case and length, and says how they are read', () => {
    const name = 'MTA-017.Mail.Datacenter-East.Example.COM';
    const { output, said } = imported(`Spread_Segment 10.0.0.255:4803 { ${name} 10.0.0.1 b 10.0.0.2 }`);
    expect(said).toEqual([`1:34 warning the name of the host '${name}' is read as '${name.toLowerCase()}'`]);
    expect(peersOf(output)).toEqual({ [name.toLowerCase()]: '10.0.0.1', b: '10.0.0.2' });
  });

  test('[MSG-33] refuses two names that become one, and two servers with one address', () => {
    const twice = imported(
      'Spread_Segment 10.0.0.255 {\n  Node1 10.0.0.1\n}\nSpread_Segment 10.1.0.255 {\n  node1 10.1.0.1\n}\n',
    );
    expect(twice.output).toBeUndefined();
    expect(twice.said).toEqual([
      "2:3 warning the name of the host 'Node1' is read as 'node1'",
      "5:3 error the host 'node1' is 'node1', which line 2 names already",
    ]);
    const shared = imported('Spread_Segment 10.0.0.255 {\n  a 10.0.0.1\n  b 10.0.0.1\n}\n');
    expect(shared.output).toBeUndefined();
    expect(shared.said).toEqual(["3:3 error the host 'b' has the address of 'a' in line 2"]);
  });

  test('names settings of the old daemon, a manager that is in no segment, and writes them nowhere', () => {
    const { output, said } = imported(
      [
        'SocketPortReuse = on',
        'DebugFlags = { EXIT CONFIGURATION }',
        'Colour = blue',
        '# Subcluster: West => Chief.example.com',
        'Spread_Segment 10.0.0.255:4803 {',
        '  a 10.0.0.1',
        '}',
      ].join('\n'),
    );
    expect(said).toEqual([
      "1:1 warning 'SocketPortReuse' is a setting of the old bus daemon and is left out",
      "2:1 warning 'DebugFlags' is a setting of the old bus daemon and is left out",
      "3:1 warning 'Colour' is no setting that is known of mbus.conf, and is left out",
      "5:1 warning the name of the subcluster 'West' is read as 'west'",
      "5:1 warning the name of the manager 'Chief.example.com' is read as 'chief.example.com'",
      "5:1 warning the manager 'chief.example.com' of the subcluster 'west' is in no segment",
    ]);
    expect(output).toContain('# Subcluster: west = chief.example.com\n');
    expect(output).not.toContain('SocketPortReuse');
  });

  test.each([
    ['', '1:1 error there is no host'],
    ['Spread_Segment 10.0.0.255:4803 {\n}\n', '1:1 error there is no host'],
    ['Spread_Segment 10.0.0.255:4803 {\n  a 10.0.0.1\n', '1:1 error Syntax error'],
    ['Spread_Segment 10.0.0.255:99999 {\n  a 10.0.0.1\n}\n', '1:16 error Syntax error'],
    ['Spread_Segment {\n  a 10.0.0.1\n}\n', '1:16 error Syntax error'],
    ['Spread_Segment 10.0.0.255\n  a 10.0.0.1\n}\n', '2:3 error Syntax error'],
    ['Spread_Segment 10.0.0.255 {\n  a 10.0.0.1\n  b\n}\n', '3:3 error Syntax error'],
    ['Spread_Segment 10.0.0.255 {\n  a 10.0.0.1\n  b 10.0.0\n}\n', '3:5 error Syntax error'],
    ['Spread_Segment 10.0.0.255 {\n  a 10.0.0.1\n} b 10.0.0.2\n', '3:3 error Syntax error'],
    ['Spread_Segment 10.0.0.255 {\n  a#b 10.0.0.1\n}\n', '2:3 error Syntax error'],
    ['# Subcluster: two words = mgr\nSpread_Segment 10.0.0.255 { a 10.0.0.1 }', '1:1 error Syntax error'],
    ['Spread_Segment 10.0.0.255 { a 10.0.0.1 }\n# Subcluster: a = b\n', '2:1 error Syntax error'],
    ['a 10.0.0.1\nSpread_Segment 10.0.0.255 { b 10.0.0.2 }', '1:1 error Syntax error'],
  ])('[MSG-34] gives nothing at all for %j', (text, first) => {
    const { output, said } = imported(text);
    expect(output).toBeUndefined();
    expect(said[0]?.startsWith(first), said.join('\n')).toBe(true);
  });

  test('whatever the file says, the text is read back to the same peers or there is none', () => {
    const prng = new Prng(SEED);
    const sample = seedSample('004-mbus-subclusters.mbus.conf');
    const pieces = [
      '{',
      '}',
      '"',
      '\\',
      '#',
      '=',
      '[',
      '\n',
      ' ',
      '\u0000',
      '\u202e',
      'A',
      'Spread_Segment',
      '10.0.0.7',
    ];
    let given = 0;
    for (let round = 0; round < 500; round += 1) {
      const at = prng.below(sample.length);
      const piece = pieces[prng.below(pieces.length)] ?? '';
      const { output } = imported(sample.slice(0, at) + piece + sample.slice(at + prng.below(3)));
      if (output === undefined) continue;
      given += 1;
      const { errors, generation } = load(`${output}${LISTENER}`);
      expect(errors, output).toBe(0);
      const names = [...(generation?.getDictionary(['msgc_server'], 'peers') ?? [])].map(([name]) => name);
      expect(names.length, `seed ${SEED} round ${round}`).toBeGreaterThanOrEqual(1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
      expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
    expect(given).toBeGreaterThan(0);
  });
});
