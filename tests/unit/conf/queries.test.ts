import { describe, expect, test } from 'vitest';
import type { Generation } from '../../../server/conf/generation.ts';
import { answerConfigQuery } from '../../../server/conf/queries.ts';
import { load } from '../../support/conf-samples.ts';

function generationOf(text: string): Generation {
  const { generation } = load(text);
  if (generation === undefined) throw new Error('the configuration has errors');
  return generation;
}

function ask(generation: Generation, command: string): string {
  return answerConfigQuery(generation, command.split(' '))?.text ?? '(not a query)';
}

const CLUSTER = generationOf(`
cluster {
  nodename = "a"
  NODEADDR = "10.0.0.1"
  Replicate "inbound_cidr" { max_pending = 5 }
  Topology "10.1.1.0/24" { interface = "eth1" }
}
msgc_server { peers = [ a = "10.0.0.1" b = "10.0.0.2" ] }
msgcserver_listener { listen ":4809" {} }
`);

describe('config show', () => {
  test('prints options in documented spelling and child scopes folded', () => {
    expect(ask(CLUSTER, 'show cluster')).toBe(
      [
        'nodename = "a"',
        'nodeaddr = "10.0.0.1"',
        'Replicate "inbound_cidr" { ... }',
        'Topology "10.1.1.0/24" { ... }',
      ].join('\n'),
    );
  });

  test('without a path prints the global scope', () => {
    expect(ask(CLUSTER, 'show')).toBe('cluster { ... }\nmsgc_server { ... }\nmsgcserver_listener { ... }');
  });

  test('prints one option when its name follows the path', () => {
    expect(ask(CLUSTER, 'show cluster nodename')).toBe('nodename = "a"');
    expect(ask(CLUSTER, 'show msgc_server peers')).toBe('peers = [\n  a = "10.0.0.1"\n  b = "10.0.0.2"\n]');
  });

  test('of a known scope that is not configured prints nothing', () => {
    expect(ask(CLUSTER, 'show Security')).toBe('');
  });

  test('of an unknown name says so and names the nearest', () => {
    const answer = answerConfigQuery(CLUSTER, ['show', 'clutser']);
    expect(answer).toEqual({
      ok: false,
      text: "'clutser' is not a valid scope name in scope 'Global'\ndid you mean 'cluster'?",
    });
  });
});

describe('config showrecurse', () => {
  test('without a path prints all scopes', () => {
    expect(ask(CLUSTER, 'showrecurse')).toContain('  Replicate "inbound_cidr" {\n    max_pending = 5\n  }\n');
  });

  test('with a path prints the scope in its frame', () => {
    expect(ask(CLUSTER, 'showrecurse cluster Topology 10.1.1.0/24')).toBe(
      'Topology "10.1.1.0/24" {\n  interface = "eth1"\n}',
    );
  });
});

describe('config get and eval', () => {
  test('get does not look at defaults, eval does', () => {
    expect(ask(CLUSTER, 'get cluster view_mature_time')).toBe(
      "Option 'view_mature_time' is not set in scope 'cluster'.",
    );
    expect(ask(CLUSTER, 'eval cluster view_mature_time')).toBe('        view_mature_time = 5');
  });

  test('eval prints text defaults in quotes and array defaults as arrays', () => {
    expect(ask(CLUSTER, 'eval cluster cluster_group')).toBe('        cluster_group = "ec_cluster"');
    expect(ask(CLUSTER, 'eval msgc_client server')).toBe(
      '        server = (\n          "127.0.0.1:4809"\n        )',
    );
  });

  test('eval of an option without any value says that it is not set', () => {
    expect(ask(CLUSTER, 'eval cluster log_group')).toBe("Option 'log_group' is not set in scope 'cluster'.");
  });

  test('an unknown option is refused with the nearest name', () => {
    expect(ask(CLUSTER, 'get cluster nodenam')).toBe(
      "'nodenam' is not a valid scope name in scope 'cluster'\ndid you mean 'nodename'?",
    );
    expect(ask(CLUSTER, 'eval nodenamezzzz')).toBe(
      "'nodenamezzzz' is not a valid scope name in scope 'Global'",
    );
  });

  test('names the instance of the scope in which an option is not set', () => {
    expect(ask(CLUSTER, 'get cluster Replicate inbound_cidr type')).toBe(
      "Option 'type' is not set in scope 'cluster Replicate inbound_cidr'.",
    );
  });

  test('needs the name of an option', () => {
    expect(answerConfigQuery(CLUSTER, ['get'])?.ok).toBe(false);
    expect(answerConfigQuery(CLUSTER, ['eval', 'cluster'])?.ok).toBe(false);
  });
});

describe('config locate', () => {
  test('finds scopes at any depth', () => {
    expect(ask(CLUSTER, 'locate Topology')).toBe(
      'Topology "10.1.1.0/24"\n  is at cluster::Topology:10.1.1.0/24:',
    );
  });

  test('filters instance names by a pattern', () => {
    expect(ask(CLUSTER, 'locate Replicate ^out')).toBe("No scope 'Replicate ^out' was found");
  });

  test.each(['(?=a)', '([a-z])\\1', '['])('refuses the pattern %s with the reason', (pattern) => {
    const answer = answerConfigQuery(CLUSTER, ['locate', 'Replicate', pattern]);
    expect(answer?.ok).toBe(false);
    expect(answer?.text).toContain(`'${pattern}' is not a pattern: `);
  });
});

test('a writing command is not a query', () => {
  expect(answerConfigQuery(CLUSTER, ['set', 'cluster', 'nodename', 'x'])).toBeUndefined();
});
