/** Requirements VIP-xx of preferences and of listeners that follow bindings, as the configuration meets them. */

import { describe, expect, test } from 'vitest';
import { load } from '../support/conf-samples.ts';
import { binding, listen, ON, offers, said, TOPOLOGY } from '../support/duravip-plans.ts';

describe('preference and following', () => {
  const PEERS =
    'msgc_server { peers = [ node1 = "10.0.0.1" node2 = "10.0.0.2" ] }\nmsgcserver_listener { listen ":4809" { } }';

  test('[VIP-26] a listener follows a binding by name or by IP', () => {
    for (const target of ['b', '10.1.1.1']) {
      const text = [
        TOPOLOGY,
        binding('b', '10.1.1.1'),
        listen('10.1.1.9:25', `Duravip_Follow = "${target}"`),
      ];
      expect(said(...text)).toEqual([]);
      expect(offers(...text)['10.1.1.9']).toMatchObject({
        names: [],
        services: ['ESMTP_Listener'],
        follows: '10.1.1.1',
        refused: undefined,
      });
    }
  });

  test('[VIP-26] a listener has not both Enable_Duravip and Duravip_Follow', () => {
    const text = [TOPOLOGY, binding('b', '10.1.1.1'), listen('10.1.1.9:25', `${ON} Duravip_Follow = "b"`)];
    expect(said(...text)).toEqual([
      "3:63 error Listen '10.1.1.9:25' of ESMTP_Listener has both Enable_Duravip and Duravip_Follow => Enable_Duravip gives it an address of its own, Duravip_Follow moves it with a binding",
    ]);
    const shared = [TOPOLOGY, binding('b', '10.1.1.1'), binding('c', '10.1.1.9')];
    expect(said(...shared, listen('10.1.1.9:25', 'Duravip_Follow = "b"'))).toEqual([
      "4:41 error Listen '10.1.1.9:25' of ESMTP_Listener follows, but the binding 'c' keeps 10.1.1.9 where it is => an address follows, or is that of a binding, or is under DuraVIP by itself",
    ]);
  });

  test.each([
    ['its own address', '10.1.1.1:25', 'b', 'it is at the address of that binding itself'],
    ['a binding that is not there', '10.1.1.9:25', 'x', "there is no binding 'x'"],
    ['an address without a binding', '10.1.1.9:25', '10.1.1.8', 'no binding has 10.1.1.8'],
    [
      'a binding that is not under DuraVIP',
      '10.1.1.9:25',
      'plain',
      'the binding at 10.1.1.5 is not under DuraVIP',
    ],
  ])('[VIP-26] a listener does not follow %s', (_what, endpoint, target, problem) => {
    const text = [
      TOPOLOGY,
      `${binding('b', '10.1.1.1')} Binding "plain" { Bind_Address = "10.1.1.5" }`,
      listen(endpoint, `Duravip_Follow = "${target}"`),
    ];
    const errors = said(...text).filter((line) => line.includes(' error '));
    expect(errors).toEqual([
      `3:${endpoint.length + 30} error Listen '${endpoint}' of ESMTP_Listener cannot follow: ${problem} => a listener follows a binding under DuraVIP that has another address`,
    ]);
  });

  test('[VIP-26] a name comes before an address that looks like it', () => {
    const text = [
      TOPOLOGY,
      `${binding('10.1.1.2', '10.1.1.1')} ${binding('b', '10.1.1.2')}`,
      listen('10.1.1.9:25', 'Duravip_Follow = "10.1.1.2"'),
    ];
    expect(said(...text)).toEqual([]);
    expect(offers(...text)['10.1.1.9']?.follows).toBe('10.1.1.1');
  });

  test('[VIP-26] the endpoints of an address follow one binding', () => {
    const text = [
      TOPOLOGY,
      `${binding('a', '10.1.1.1')} ${binding('b', '10.1.1.2')}`,
      'ESMTP_Listener {',
      '  Listen "10.1.1.9:25" { Duravip_Follow = "a" }',
      '  Listen "10.1.1.9:587" { Duravip_Follow = "b" }',
      '}',
    ];
    expect(said(...text)).toEqual([
      "5:27 error Listen '10.1.1.9:587' of ESMTP_Listener follows 'b', but Listen '10.1.1.9:25' of ESMTP_Listener at the same address follows 'a' => an address moves with one binding",
    ]);
  });

  test('[VIP-26] a binding follows nobody, not even at the address of a listener that does', () => {
    const plain = 'Binding "c" { Bind_Address = "10.1.1.9" }';
    expect(
      said(TOPOLOGY, binding('b', '10.1.1.1'), plain, listen('10.1.1.9:25', 'Duravip_Follow = "b"')),
    ).toEqual([
      "4:41 error Listen '10.1.1.9:25' of ESMTP_Listener follows, but the binding 'c' keeps 10.1.1.9 where it is => an address follows, or is that of a binding, or is under DuraVIP by itself",
    ]);
  });

  test('[VIP-26] a binding follows nobody', () => {
    expect(
      said(TOPOLOGY, binding('b', '10.1.1.1'), binding('c', '10.1.1.2', 'Duravip_Follow = "b"')),
    ).toContain(
      "3:63 error the binding 'c' cannot follow: only listeners follow, and only bindings are followed => write Duravip_Follow in a Listen",
    );
  });

  test('[VIP-26] who follows has no preference', () => {
    const text = [
      TOPOLOGY,
      binding('b', '10.1.1.1'),
      listen('10.1.1.9:25', 'Duravip_Follow = b Duravip_Preference = n'),
    ];
    expect(said(...text)).toEqual([
      "3:60 warning Listen '10.1.1.9:25' of ESMTP_Listener prefers a node, but 10.1.1.9 follows: the preference means nothing => write the preference in the binding that is followed",
    ]);
    expect(offers(...text)['10.1.1.9']?.preference).toBeUndefined();
  });

  test('[VIP-33] two preferences for one IP: the binding wins, with a warning', () => {
    const text = [
      TOPOLOGY,
      listen('10.1.1.1:25', `${ON} Duravip_Preference = "node2"`),
      binding('b', '10.1.1.1', 'Duravip_Preference = "Node1"'),
    ];
    expect(said(...text)).toEqual([
      "2:63 warning Listen '10.1.1.1:25' of ESMTP_Listener prefers 'node2', but 10.1.1.1 prefers 'node1' by line 3 of /main.conf => an address prefers one node",
    ]);
    expect(offers(...text)['10.1.1.1']?.preference).toBe('node1');
  });

  test.each([
    ['node1.example.com', "did you mean 'node1'?"],
    ['nod2', "did you mean 'node2'?"],
    ['elsewhere', 'a node is called as in the peers'],
  ])('[VIP-33] a preference for %s, which is no peer, warns', (name, hint) => {
    const text = [PEERS, TOPOLOGY, binding('b', '10.1.1.1', `Duravip_Preference = "${name}"`)];
    expect(said(...text)).toEqual([
      `4:63 warning Duravip_Preference '${name}' is none of the peers of msgc_server => ${hint}`,
    ]);
    expect(said(PEERS, TOPOLOGY, binding('b', '10.1.1.1', 'Duravip_Preference = "Node2"'))).toEqual([]);
  });

  test('[VIP-33] a preference without DuraVIP, DuraVIP without an address', () => {
    expect(said('Binding "b" { Bind_Address = "10.1.1.1" Duravip_Preference = "n" }').at(-1)).toBe(
      "1:41 warning the binding 'b' is not under DuraVIP, so its preference means nothing => write Enable_Duravip = true",
    );
    expect(said(`Binding "b" { ${ON} }`)).toEqual([
      '1:1 warning the binding \'b\' has no Bind_Address, so there is nothing that DuraVIP could manage => write Bind_Address = "address"',
    ]);
    expect(said(listen('*:25', ON))).toEqual([
      '1:18 warning Listen \'*:25\' of ESMTP_Listener names no IP address, so there is nothing that DuraVIP could manage => write Listen "address:port"; what listens on every address needs no DuraVIP',
    ]);
  });

  test.each(['two words', 'a:b', '', 'bell\u0007', 'turned\u202e', 'x'.repeat(256)])(
    '[VIP-35] the name %o of a binding goes to no other node',
    (name) => {
      expect(load(`${TOPOLOGY} ${binding(name, '10.1.1.1')}`).generation).toBeUndefined();
    },
  );

  test('[VIP-35] one name for bindings of two addresses warns', () => {
    const text = [TOPOLOGY, binding('b', '10.1.1.1'), `Binding_Group g { ${binding('b', '10.1.1.2')} }`];
    expect(said(...text)).toEqual([
      "3:19 warning the binding 'b' is at 10.1.1.2, and by line 2 of /main.conf at 10.1.1.1 => give each binding a name of its own",
      "3:19 warning the binding 'b' is defined in line 2 of /main.conf already; mail is sent by that one => queues are named after bindings: give each its own name",
    ]);
  });
});
