/** Requirements MSG-xx that the configuration meets: which modules there are, where they listen, whom they dial. */

import { describe, expect, test } from 'vitest';
import { busDoubts } from '../../server/cluster/bus-addresses.ts';
import { modulesOf } from '../../server/cluster/modules.ts';
import { withOwnServer } from '../../server/cluster/own-server.ts';
import { type BusOptions, busEndpoints, busOptions } from '../../server/cluster/process-options.ts';
import type { NodeName } from '../../server/model/names.ts';
import { load, seedSample } from '../support/conf-samples.ts';

const LISTENER = 'msgcserver_listener { listen ":4809" { } }';
const NODE1 = 'node1' as NodeName;

function said(text: string): readonly string[] {
  return load(text).diagnostics.map((d) => `${d.line}:${d.column} ${d.severity} ${d.message}`);
}

function busOf(text: string): BusOptions & { readonly doubts: readonly string[] } {
  const { generation, diagnostics } = load(text);
  if (generation === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  const bus = busOptions(generation);
  if (!bus.ok) throw new Error(bus.error.join('; '));
  return { ...bus.value, doubts: busDoubts(bus.value, NODE1, busEndpoints(generation)) };
}

describe('modules', () => {
  test('[MSG-01] msgc_server and msgc_client are singletons, with msgcserver_listener beside them', () => {
    for (const program of ['ecelerity', 'eccmgr', 'msgcd'] as const) {
      const modules = modulesOf(program).map(({ name, api, enabled }) => `${name} ${api} ${enabled}`);
      expect(modules).toEqual(
        expect.arrayContaining(['msgc_client Singleton true', 'msgc_server Singleton true']),
      );
    }
    for (const scope of ['msgc_server', 'msgc_client', 'msgcserver_listener']) {
      expect(said(`${scope} "second" { }\n${LISTENER}`)).toEqual([
        `1:1 error the scope '${scope}' exists once and takes no name such as 'second'`,
      ]);
    }
  });

  test('[MSG-01] the samples of the manual are taken as they are written', () => {
    const text = ['server', 'client'].map((one) => seedSample(`000-msgc-${one}.conf`)).join('\n');
    expect(said(`${text}\n${seedSample('000-msgcserver-listener.conf')}`)).toEqual([]);
  });
});

describe('msgcserver_listener', () => {
  test('[MSG-23] without it, with none of its Listens enabled or without an address there is no msgc_server', () => {
    const missing = 'write msgcserver_listener { Listen ":4809" {} }';
    const { diagnostics, generation } = load('msgc_server { }');
    expect(generation).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { line: 1, column: 1, message: 'msgc_server is configured but no msgcserver_listener', hint: missing },
    ]);
    expect(said('msgc_server { }\nmsgcserver_listener { }')).toEqual([
      '1:1 error msgc_server is configured but no msgcserver_listener',
    ]);
    expect(said('msgc_server { }\nmsgcserver_listener { listen ":4809" { enable = false } }')).toEqual([
      '1:1 error msgc_server is configured but no Listen of msgcserver_listener is enabled',
    ]);
    expect(said('msgc_server { }\nmsgcserver_listener { listen "/tmp/bus" { } }')).toEqual([
      "2:23 error msgcserver_listener listens on the socket '/tmp/bus', where no server dials",
    ]);
  });

  test('[MSG-24] its other options are accepted, said to be without effect, and have none', () => {
    const options = [
      'Accept_Queue_Backlog = 5',
      'Concurrency = 3',
      'Enable = false',
      'File_Mode = 0600',
      'Pool_Name = "x"',
      'TCP_Send_Buffer_Size = 1',
    ];
    const text = `msgc_server { }\nmsgcserver_listener {\n${options.join('\n')}\nlisten ":4809" { }\n}`;
    const { generation, diagnostics } = load(text);
    expect(diagnostics.map(({ line, message }) => `${line} ${message}`)).toEqual(
      options.map((option, index) => {
        const [name] = option.split(' ');
        return `${index + 3} the option '${name}' in 'msgcserver_listener' is kept but has no effect here`;
      }),
    );
    expect(generation && busEndpoints(generation)).toEqual([{ host: '*', port: 4809 }]);
  });
});

describe('ports', () => {
  test('[MSG-19] a listener on another port than msgc_server.port, be it the default one, is an error', () => {
    expect(said(`msgc_server { port = 4810 }\n${LISTENER}`)).toEqual([
      '1:15 error msgc_server.port is 4810 but msgcserver_listener listens on 4809',
    ]);
    expect(said('msgc_server { }\nmsgcserver_listener { listen ":4810" { } }')).toEqual([
      '1:1 error msgc_server.port is 4809 but msgcserver_listener listens on 4810',
    ]);
  });

  test('[MSG-19] where peers reach a server at a port on which it does not listen, it says so', () => {
    expect(busOf(`msgc_server { peers = [ node1 = "10.0.0.1:4810" ] }\n${LISTENER}`).doubts).toEqual([
      'peers say that others reach node1 at 10.0.0.1:4810, but its msgcserver_listener listens on *:4809',
    ]);
    expect(busOf(`msgc_server { peers = [ node2 = "10.0.0.1" ] }\n${LISTENER}`).doubts).toEqual([
      'node1 is not among the peers, which are node2: other servers refuse it',
    ]);
  });

  test('[MSG-21] a client that looks for the own server where none listens is told', () => {
    const peers = 'msgc_server { port = 4811 peers = [ node1 = "10.0.0.1" ] }';
    expect(busOf(`${peers}\nmsgcserver_listener { listen ":4811" { } }`).doubts).toEqual([
      'msgc_client uses the server 127.0.0.1:4809, but msgcserver_listener listens on *:4811',
    ]);
    const own = 'msgcserver_listener { listen "10.0.0.1:4811" { } }';
    expect(busOf(`${peers}\n${own}\nmsgc_client { server = ( "10.0.0.1:4811" ) }`).doubts).toEqual([]);
    expect(busOf(`${peers}\n${own}\nmsgc_client { server = ( "127.0.0.1:4811" ) }`).doubts).toHaveLength(1);
  });
});

describe('names', () => {
  test('[MSG-33] [MSG-18] peers of any case and length are taken in lower case, with what was read and is used', () => {
    const name = 'MTA-017.Mail.Datacenter-East.Example.COM';
    const text = `msgc_server {\n  peers = [\n    ${name} = "10.0.0.1"\n  ]\n}\n${LISTENER}`;
    expect(said(text)).toEqual([
      `3:5 warning the name of the peer '${name}' is read as '${name.toLowerCase()}'`,
    ]);
    expect(busOf(text).server.peers).toEqual([{ node: name.toLowerCase(), host: '10.0.0.1', port: 4809 }]);
  });

  test('[MSG-33] two peers whose names become one are refused, each in its place', () => {
    const text = `msgc_server {\n  peers = [\n    Node1 = "10.0.0.1"\n    node1 = "10.0.0.2"\n  ]\n}\n${LISTENER}`;
    expect(said(text)).toEqual([
      "3:5 warning the name of the peer 'Node1' is read as 'node1'",
      "4:5 error the peer 'node1' is named twice, first in line 3",
    ]);
  });

  test('[MSG-33] [CLU-04] the nodename is taken in lower case too, and refused when it is none', () => {
    expect(said('cluster { nodename = "Labrat-1" }')).toEqual([
      "1:22 warning the nodename 'Labrat-1' is read as 'labrat-1'",
    ]);
    expect(said('cluster { nodename = "lab rat" }')).toEqual([
      "1:22 error nodename 'lab rat': a node name contains no blank, invisible character or #",
    ]);
  });
});

describe('several interfaces', () => {
  const PEERS = 'node1 = "10.0.0.1" node2 = "10.0.0.2" node3 = "fd00::3" node4 = "node4.example.com"';
  const sources = (...listens: readonly string[]): readonly (string | undefined)[] => {
    const scopes = listens.map((listen) => `listen "${listen}:4809" { }`).join(' ');
    const text = `msgc_server { peers = [ ${PEERS} ] }\nmsgcserver_listener { ${scopes} }`;
    return busOf(text).server.peers.map(({ bindAddress }) => bindAddress);
  };

  test('[MSG-35] a server that listens on the cluster network alone dials from there, in the family of the peer', () => {
    expect(sources('10.0.0.1')).toEqual(['10.0.0.1', '10.0.0.1', undefined, '10.0.0.1']);
    expect(sources('[fd00::3]')).toEqual([undefined, undefined, 'fd00::3', 'fd00::3']);
    // Also an address that no peer is known by: it is the only one that answers.
    expect(sources('10.9.9.9')[1]).toBe('10.9.9.9');
  });

  test('[MSG-35] of several addresses the one that peers name counts', () => {
    expect(sources('192.0.2.1', '10.0.0.1')[1]).toBe('10.0.0.1');
    expect(sources('[FD00:0::3]', '192.0.2.1')[2]).toBe('FD00:0::3');
  });

  test('[MSG-35] where that is not clear the system chooses', () => {
    const nothing = [undefined, undefined, undefined, undefined];
    for (const listens of [[''], ['*'], ['0.0.0.0'], ['[::]'], ['10.0.0.1', '10.0.0.2'], ['127.0.0.1']]) {
      expect(sources(...listens), listens.join()).toEqual(nothing);
    }
    expect(sources('192.0.2.1', '192.0.2.2')).toEqual(nothing);
  });

  test('[MSG-35] peers that name the outer network of this node are noticed', () => {
    const text = `msgc_server { peers = [ node1 = "192.0.2.1" ] }\nmsgcserver_listener { listen "10.0.0.1:4809" { } }
      msgc_client { server = ( "10.0.0.1:4809" ) }`;
    expect(busOf(text).doubts).toEqual([
      'peers say that others reach node1 at 192.0.2.1:4809, but its msgcserver_listener listens on 10.0.0.1:4809',
    ]);
    expect(busOf(text.replace('192.0.2.1', 'node1-int.example.com')).doubts).toEqual([]);
  });

  test('[MSG-26] a dedicated server is its own client wherever it listens', () => {
    const serversFor = (listen: string, more = ''): readonly string[] => {
      const { generation } = load(
        `msgc_server { port = 4811 }\nmsgcserver_listener { listen "${listen}" { } }\n${more}`,
      );
      const bus = generation && busOptions(generation);
      if (generation === undefined || bus?.ok !== true) throw new Error('a valid configuration');
      return withOwnServer(bus.value, generation).client.servers.map(({ host, port }) => `${host} ${port}`);
    };
    expect(serversFor(':4811')).toEqual(['127.0.0.1 4811']);
    expect(serversFor('[::]:4811')).toEqual(['::1 4811']);
    expect(serversFor('10.0.0.1:4811')).toEqual(['10.0.0.1 4811']);
    expect(serversFor(':4811', 'msgc_client { server = ( "127.0.0.9:4811" ) }')).toEqual(['127.0.0.9 4811']);
  });
});
