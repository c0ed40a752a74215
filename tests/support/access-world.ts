/** One control connection in tests, with configuration, files and time set by hand. */

import type { Generation } from '../../server/conf/generation.ts';
import {
  type AccessDecision,
  type AccessSession,
  ControlAccess,
} from '../../server/console/control-access.ts';
import { answerChallenge } from '../../server/console/digest-md5.ts';
import { load } from './conf-samples.ts';

export function generationOf(text: string): Generation {
  const { generation, diagnostics } = load(text);
  if (generation === undefined) throw new Error(JSON.stringify(diagnostics));
  return generation;
}

export class AccessWorld {
  readonly files = new Map<string, string>();
  readonly accounts: string[] = [];
  readonly problems: string[] = [];
  readonly access: ControlAccess;
  wallMs = 1_160_172_232_000;
  nowMs = 0;
  #generation: Generation;
  #nonces = 0;

  constructor(configuration: string) {
    this.#generation = generationOf(configuration);
    this.access = new ControlAccess({
      generation: () => this.#generation,
      readFile: (path) => {
        const value = this.files.get(path);
        return value === undefined ? { ok: false, error: 'ENOENT' } : { ok: true, value };
      },
      nonce: () => this.#nonce(),
    });
  }

  #nonce(): string {
    this.#nonces += 1;
    return `nonce${this.#nonces}`;
  }

  reload(configuration: string): void {
    this.#generation = generationOf(configuration);
  }

  tcp(address = '10.80.116.126', listener = '*:2025'): Talker {
    const session = this.access.open({
      via: 'tcp',
      listener,
      address,
      peer: `${address.includes(':') ? `[${address}]` : address}:37164`,
      session: 'tcp 1',
    });
    return new Talker(this, session);
  }

  unix(listener = '/tmp/2025'): Talker {
    const connection = { via: 'unix', listener, address: undefined, peer: '', session: 'unix 1' } as const;
    const talker = new Talker(this, this.access.open(connection));
    this.accounts.push(...talker.session.opened(this));
    return talker;
  }
}

export class Talker {
  readonly world: AccessWorld;
  readonly session: AccessSession;

  constructor(world: AccessWorld, session: AccessSession) {
    this.world = world;
    this.session = session;
  }

  decide(command: string): AccessDecision['verdict'] {
    const { verdict, accounts, problems } = this.session.decide(command, this.world);
    this.world.accounts.push(...accounts);
    this.world.problems.push(...problems);
    return verdict;
  }

  /** The text of a refusal, or who runs the command. */
  say(command: string): string {
    const verdict = this.decide(command);
    return verdict.type === 'reply' ? verdict.reply.text : `runs as ${verdict.source.user}`;
  }

  signIn(user: string, password: string): string {
    const answer = answerChallenge(this.say('auth DIGEST-MD5'), {
      user,
      password,
      address: '10.80.116.1:2025',
      cnonce: 'c0ffee',
    });
    if (!answer.ok) throw new Error(answer.error);
    return this.say(`auth response ${answer.value}`);
  }
}
