/** Scopes of mail in which DuraVIP acts, and what a person who reloads hears of its mistakes. */

import { describe, expect, test } from 'vitest';
import { changeWords } from '../../../components/reference/option-words.ts';
import { must } from '../../../server/base/assert.ts';
import { DURAVIP_ADDRESSES_MAX } from '../../../server/conf/check-duravip.ts';
import { ANNOUNCE_NOTE } from '../../../server/conf/duravip-changes.ts';
import { VIPS_MAX } from '../../../server/duravip/api.ts';
import { load, REGISTRY } from '../../support/conf-samples.ts';
import { binding, listen, ON, TOPOLOGY } from '../../support/duravip-plans.ts';
import { liveWorld } from '../../support/live-configuration.ts';

function messages(...text: readonly string[]): readonly string[] {
  return load(text.join('\n')).diagnostics.map((d) => `${d.line}:${d.column} ${d.code} ${d.message}`);
}

test('the checks and the cores mean the same bound', () => {
  expect(DURAVIP_ADDRESSES_MAX).toBe(VIPS_MAX);
});

describe('scopes of mail', () => {
  test('with nothing but DuraVIP have their effect', () => {
    expect(
      messages(
        TOPOLOGY,
        `Binding_Group "g" { ${binding('a', '10.1.1.1')} }`,
        binding('b', '10.1.1.2', 'Duravip_Preference = "node1"'),
        listen('10.1.1.3:25', `${ON} Listen_Backlog = 100`),
        `HTTP_Listener { Listen "10.1.1.9:80" { Duravip_Follow = "a" } }`,
      ),
    ).toEqual([]);
  });

  test('have it, too, where only another one at their address says so', () => {
    const text = [TOPOLOGY, binding('a', '10.1.1.1'), listen('10.1.1.1:25', ''), listen('10.1.1.1:587', '')];
    expect(messages(...text, 'Binding_Group "g" { Binding "b" { Bind_Address = "10.1.1.1" } }')).toEqual([]);
  });

  test('say once what of them is kept', () => {
    const more = 'Max_Outbound_Connections = 5 Adaptive_Scope = "global" Domain "x" { y = 1 }';
    expect(
      messages(
        TOPOLOGY,
        binding('a', '10.1.1.1', more),
        binding('b', '10.1.1.2', more),
        'Binding "plain" { Bind_Address = "10.1.1.5" new_option = 1 }',
        `ESMTP_Listener { Banner = "x" Listen "10.1.1.3:25" { ${ON} } Listen "*:25" { } Listen "*:587" { } }`,
        `HTTP_Listener { Banner = "x" Listen "10.1.1.4:80" { ${ON} } Listen "*:80" { } Listen "*:81" { } }`,
      ),
    ).toEqual([
      "2:92 CONF_KEPT_OPTION in 'Binding' the option 'Adaptive_Scope' and its like are kept but have no effect here",
      "2:131 CONF_KEPT_OPTION in 'Domain' the option 'y' and its like are kept but have no effect here",
      "5:18 CONF_KEPT_OPTION in 'Esmtp_Listener' the option 'Banner' and its like are kept but have no effect here",
      "6:17 CONF_KEPT_OPTION of the scope 'Http_Listener' only DuraVIP has an effect here; 'Banner' and its like are kept",
      "6:77 CONF_UNKNOWN_SCOPE the scope 'Listen' in 'Http_Listener' is kept but has no effect here",
    ]);
  });

  test('of other protocols are kept without anything in them', () => {
    expect(messages('ESMTP_Listener { }\nXMPP_Listener { }\nBinding_Group "g" { Domain "x" { } }')).toEqual([
      "2:1 CONF_UNKNOWN_SCOPE the scope 'XMPP_Listener' is kept but has no effect here",
    ]);
  });

  test('are kept as a whole where DuraVIP is off and no mail is run', () => {
    const listens = 'Listen "10.1.1.5:80" { Enable_Duravip = false x = 1 }';
    expect(messages(`HTTP_Listener { ${listens} }`)).toEqual([
      "1:1 CONF_UNKNOWN_SCOPE the scope 'HTTP_Listener' is kept but has no effect here",
    ]);
  });

  test('read on the reference page as what they are', () => {
    const change = (path: readonly string[], name: string): string => {
      const { table } = must(REGISTRY.scope(path), 'a scope with a table');
      return changeWords(table, must(REGISTRY.option(path, name), 'an option'));
    };
    expect(change(['Binding'], 'Enable_Duravip')).toBe('at run time');
    expect(change(['Binding'], 'Adaptive_Scope')).toBe('kept, no effect');
    expect(change(['Binding'], 'Retry_Interval')).toBe('at run time');
    expect(change([], 'SpoolBase')).toBe('after a restart');
    expect(change(['Domain'], 'Adaptive_Scope')).toBe('kept, no effect');
    expect(change(['Http_Listener', 'Listen'], 'Duravip_Follow')).toBe('at run time');
    expect(change(['cluster'], 'duravip_host')).toBe('after a restart');
    expect(change([], 'Binding_Auto_Replumb')).toBe('kept, no effect');
  });
});

describe('a reload', () => {
  test('answers with the warnings of DuraVIP and where they stand, and goes live', () => {
    const { say, files, live } = liveWorld({ '/main.conf': '' });
    files.write('/main.conf', `Max_Retries = 3\n${binding('b', '10.9.0.1')}`);
    expect(say('reload')).toBe(
      [
        'OK',
        ANNOUNCE_NOTE,
        '/main.conf:2:30: warning: 10.9.0.1 is outside every Topology, so no node will have it [CONF_DURAVIP_TOPOLOGY]',
        '  hint: write Topology "10.9.0.0/24" { interface = "eth0" } in cluster, with the interface of that network',
      ].join('\n'),
    );
    expect(live.number).toBe(2);
  });

  test('does not flood a console', () => {
    const { say, files } = liveWorld({ '/main.conf': '' });
    const many = Array.from({ length: 40 }, (_, i) => binding(`b${i}`, `10.9.0.${i + 1}`));
    files.write('/main.conf', many.join('\n'));
    const lines = say('reload').split('\n');
    expect(lines).toHaveLength(2 + 10 * 2 + 1);
    expect(lines.at(-1)).toBe('30 more not shown: muster check-config tells all');
  });

  test('with an error changes nothing', () => {
    const { say, files, live } = liveWorld({ '/main.conf': '' });
    files.write('/main.conf', listen('10.1.1.9:25', 'Duravip_Follow = "b"'));
    expect(say('reload')).toContain("cannot follow: there is no binding 'b' [CONF_DURAVIP_FOLLOW]");
    expect(live.number).toBe(1);
  });
});
