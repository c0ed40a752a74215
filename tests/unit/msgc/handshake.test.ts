/** The proof of a key on one connection, byte by byte: what a stranger can say, and what it gets for it. */

import { describe, expect, test } from 'vitest';
import { busSecrets } from '../../../server/adapters/bus-keys.ts';
import { type BusSecrets, DialHandshake } from '../../../server/msgc/auth.ts';
import { encodeClientFrame } from '../../../server/msgc/client-frames.ts';
import { decodeServerFrame } from '../../../server/msgc/decode-frames.ts';
import { encodeServerFrame } from '../../../server/msgc/encode-frames.ts';
import { PROTOCOL_TIMING } from '../../../server/msgc/options.ts';
import { STRANGERS_MAX } from '../../../server/msgc/strangers.ts';
import {
  CLUSTER,
  challengeIn,
  Door,
  dial,
  FIRST_DIAL,
  type Frame,
  framesIn,
  KEY,
  OTHER_KEY,
  proofFor,
  type Said,
} from '../../support/bus-door.ts';

/** A link of `b` that is proven and stands. */
function linked(door: Door, secrets: BusSecrets, said: Said = {}): number {
  const conn = door.open();
  const { handshake, hello } = dial(secrets, said);
  expect(door.say(conn, proofFor(handshake, door.say(conn, hello)))[0]?.type).toBe('hello');
  return conn;
}

const bye = (reason: string) => [{ type: 'bye', reason }];

describe('an acceptor with a key', () => {
  test('proves it first, takes the proof of the other end, and only then says who it is', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    const conn = door.open();
    const { handshake, hello } = dial(secrets);
    const answer = door.say(conn, hello);
    expect(door.stateOf('b')).not.toBe('up');
    const [own] = door.say(conn, proofFor(handshake, answer));
    expect(own).toMatchObject({ type: 'hello', node: 'a', inc: 7 });
    expect(door.stateOf('b')).toBe('up');
    expect(door.status()).toMatchObject({ authenticated: true, refusals: {} });
  });

  test.each([
    ['a server without a key', dial(undefined).hello, 'no key'],
    ['a server with another key', dial(busSecrets([OTHER_KEY])).hello, 'wrong key'],
    ['a server of another cluster', dial(undefined, { cluster: 'other' }).hello, 'no key'],
    [
      'a client without a key',
      encodeClientFrame({ type: 'connect', cluster: CLUSTER, instance: 1, sessions: ['s'] }),
      'no key',
    ],
  ])('tells %s nothing but why it is refused, and counts it', (_who, first, reason) => {
    const door = new Door(busSecrets([KEY]));
    const conn = door.open();
    expect(door.say(conn, first)).toEqual(bye(reason));
    expect(door.closed).toContain(conn);
    expect(door.status()).toMatchObject({
      refusals: { [reason]: 1 },
      counters: { [`closed_${reason.replace(' ', '_')}`]: 1 },
      clients: 0,
    });
  });

  test('does not believe a PROOF made with another key that has the same id', () => {
    const [right, wrong] = [busSecrets([KEY]), busSecrets([OTHER_KEY])];
    const id = right.keys[0]?.id ?? '';
    const keys = wrong.keys.map(({ mac }) => ({ id, mac }));
    const door = new Door(right);
    const conn = door.open();
    const { handshake, hello } = dial({ ...wrong, keys });
    const challenge = challengeIn(door.say(conn, hello));
    expect(handshake.answer(challenge)).toEqual({ ok: false, error: 'wrong key' });
    const proof = wrong.keys[0]?.mac(Buffer.from('anything')) ?? Buffer.alloc(0);
    expect(door.say(conn, encodeServerFrame({ type: 'proof', proof }))).toEqual(bye('wrong key'));
  });

  test('takes a client that proves its key, with the same frames', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    const conn = door.open();
    const handshake = new DialHandshake(secrets, '');
    const { offer } = handshake;
    const connect = { type: 'connect', cluster: CLUSTER, instance: 1, sessions: ['s'], offer } as const;
    const answer = door.say(conn, handshake.sent(encodeClientFrame(connect)));
    expect(door.say(conn, proofFor(handshake, answer))).toMatchObject([{ type: 'accept', names: ['#s#a'] }]);
    expect(door.status().clients).toBe(1);
  });
});

describe('what was recorded', () => {
  test('a PROOF proves nothing on the next connection', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    const first = door.open();
    const { handshake, hello } = dial(secrets);
    const proof = proofFor(handshake, door.say(first, hello));
    door.say(first, proof);
    door.give({ type: 'closed', conn: first, reason: 'ended', detail: '' });
    const second = door.open();
    challengeIn(door.say(second, hello));
    expect(door.say(second, proof)).toEqual(bye('wrong key'));
    expect(door.stateOf('b')).not.toBe('up');
  });

  test('a CHALLENGE is no answer to the next HELLO', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    const challenge = challengeIn(door.say(door.open(), dial(secrets).hello));
    expect(dial(secrets).handshake.answer(challenge)).toEqual({ ok: false, error: 'wrong key' });
  });
});

describe('what is turned around', () => {
  test('a MAC of CHALLENGE is no PROOF: the roles differ', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    const conn = door.open();
    const { proof } = challengeIn(door.say(conn, dial(secrets).hello));
    expect(door.say(conn, encodeServerFrame({ type: 'proof', proof }))).toEqual(bye('wrong key'));
  });

  test('a server does not answer its own HELLO, so that it cannot be made to vouch for a stranger', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    door.give({ type: 'deadlineReached' });
    const dialled = door.give({ type: 'connected', conn: FIRST_DIAL, local: 'l', remote: 'b' });
    const [own] = dialled.flatMap((effect) => (effect.type === 'write' ? [effect.bytes] : []));
    expect(door.say(door.open(), own ?? Buffer.alloc(0))).toEqual(bye('unexpected name'));
  });

  test('a HELLO for another server is not answered either', () => {
    const secrets = busSecrets([KEY]);
    for (const to of ['c', '']) {
      const door = new Door(secrets);
      expect(door.say(door.open(), dial(secrets, {}, to).hello)).toEqual(bye('unexpected name'));
    }
  });
});

describe('what is changed on the way', () => {
  test('no byte of HELLO can be another one: the proofs cover all of it', () => {
    const secrets = busSecrets([KEY]);
    const { hello } = dial(secrets);
    for (let at = 0; at < hello.length; at += 1) {
      const door = new Door(secrets);
      const conn = door.open();
      const { handshake } = dial(secrets);
      handshake.sent(hello);
      const changed = Buffer.from(hello);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      const [answer] = door.say(conn, changed);
      if (answer?.type === 'challenge') expect(handshake.answer(answer).ok).toBe(false);
      else expect(answer?.type ?? 'bye').toBe('bye');
      expect(door.stateOf('b')).not.toBe('up');
      expect(door.stateOf('c')).not.toBe('up');
    }
  });

  test('another name in HELLO is refused although the proof of the true one is at hand', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    const { handshake, frame } = dial(secrets);
    const conn = door.open();
    challengeIn(door.say(conn, encodeServerFrame({ ...frame, node: 'c' })));
    const honest = door.open();
    const proof = proofFor(handshake, door.say(honest, encodeServerFrame(frame)));
    expect(door.say(conn, proof)).toEqual(bye('wrong key'));
    expect(door.stateOf('c')).not.toBe('up');
  });

  test('no byte of CHALLENGE can be another one', () => {
    const secrets = busSecrets([KEY]);
    const { handshake, hello } = dial(secrets);
    const challenge = challengeIn(answerTo(secrets, hello));
    const bytes = encodeServerFrame(challenge);
    for (let at = 8; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      const frame = decodeServerFrame({ type: bytes.readUInt8(4), flags: 0, body: changed.subarray(8) });
      if (frame?.type === 'challenge') expect(handshake.answer(frame).ok).toBe(false);
      else expect(frame).toBeUndefined();
    }
    expect(handshake.answer(challenge).ok).toBe(true);
    expect(handshake.answer(challenge)).toEqual({ ok: false, error: 'bad frame' });
  });

  test('no byte of PROOF can be another one, none may be missing, and none may be left over', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    for (let at = 8; at < 42; at += 1) {
      const conn = door.open();
      const { handshake, hello } = dial(secrets);
      const proof = proofFor(handshake, door.say(conn, hello));
      const long = Buffer.concat([proof, Buffer.alloc(1)]);
      const changed = at === 40 ? proof.subarray(0, 39) : at === 41 ? long : Buffer.from(proof);
      if (at < 40) changed.writeUInt8(changed.readUInt8(at) ^ 128, at);
      else changed.writeUInt32LE(changed.length - 4, 0);
      expect(door.say(conn, changed)).toEqual(bye(at < 40 ? 'wrong key' : 'no proof'));
    }
    expect(door.stateOf('b')).not.toBe('up');
  });

  test('a frame of the handshake on a link that stands ends the link', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    const conn = linked(door, secrets);
    door.say(conn, encodeServerFrame({ type: 'proof', proof: Buffer.alloc(32) }));
    expect(door.closed).toContain(conn);
    expect(door.status().counters['closed_bad_frame']).toBe(1);
  });
});

function answerTo(secrets: BusSecrets, hello: Buffer): readonly Frame[] {
  const door = new Door(secrets);
  return door.say(door.open(), hello);
}

describe('an unproven HELLO', () => {
  test('with a newer incarnation does not end a link; a proven one does', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    const stands = linked(door, secrets);
    const restarted = door.open();
    const { handshake, hello } = dial(secrets, { inc: 6 });
    const answer = door.say(restarted, hello);
    expect(door.stateOf('b')).toBe('up');
    const liar = door.open();
    door.say(liar, dial(secrets, { inc: 9 }).hello);
    door.say(liar, encodeServerFrame({ type: 'proof', proof: Buffer.alloc(32) }));
    expect(door.closed).not.toContain(stands);
    door.say(restarted, proofFor(handshake, answer));
    expect(door.closed).toContain(stands);
    expect(door.stateOf('b')).toBe('up');
  });

  test('does not raise the counter of attempts', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    door.say(door.open(), dial(secrets, { maxCtr: 1_000_000 }).hello);
    const conn = door.open();
    const { handshake, hello } = dial(secrets, { node: 'c', helloNo: 2 });
    const [answer] = door.say(conn, proofFor(handshake, door.say(conn, hello)));
    expect(answer?.type === 'hello' ? answer.maxCtr : Number.NaN).toBeLessThan(1_000);
  });
});

describe('bounds for strangers', () => {
  test('with a challenge they are as few, and stay as short, as those that say nothing', () => {
    const secrets = busSecrets([KEY]);
    const door = new Door(secrets);
    const conns = Array.from({ length: STRANGERS_MAX }, () => {
      const conn = door.open();
      challengeIn(door.say(conn, dial(secrets).hello));
      return conn;
    });
    expect(door.closed.size).toBe(0);
    door.open();
    expect([...door.closed]).toEqual(conns.slice(0, 1));
    door.nowMs += PROTOCOL_TIMING.handshakeMs;
    door.give({ type: 'deadlineReached' });
    expect(door.status().counters).toMatchObject({
      closed_too_many_strangers: 1,
      closed_no_proof: STRANGERS_MAX - 1,
      closed_no_first_frame: 1,
    });
  });

  test('each costs two MACs at most, and none without a key that both have', () => {
    let macs = 0;
    const secrets = busSecrets([KEY]);
    const keys = secrets.keys.map(({ id, mac }) => ({
      id,
      mac: (data: Buffer) => {
        macs += 1;
        return mac(data);
      },
    }));
    const door = new Door({ ...secrets, keys });
    door.say(door.open(), dial(busSecrets([OTHER_KEY])).hello);
    door.say(door.open(), dial(undefined).hello);
    expect(macs).toBe(0);
    const conn = door.open();
    door.say(conn, dial(secrets).hello);
    const wrong = encodeServerFrame({ type: 'proof', proof: Buffer.alloc(32) });
    door.say(conn, Buffer.concat([wrong, wrong, wrong]));
    expect(macs).toBe(2);
  });
});

describe('a dialler', () => {
  const connected = (door: Door): readonly Frame[] => {
    door.give({ type: 'deadlineReached' });
    const effects = door.give({ type: 'connected', conn: FIRST_DIAL, local: 'l', remote: 'b' });
    return effects.flatMap((effect) => (effect.type === 'write' ? framesIn(effect.bytes) : []));
  };

  test('without a key offers nothing and answers no CHALLENGE', () => {
    const door = new Door(undefined);
    expect(connected(door)).toMatchObject([{ type: 'hello', offer: undefined }]);
    const proof = Buffer.alloc(32);
    const challenge = encodeServerFrame({ type: 'challenge', keyId: 'x', nonce: proof, proof });
    expect(door.say(FIRST_DIAL, challenge)).toEqual(bye('no key'));
    expect(door.status().links[0]).toMatchObject({ state: 'refused', refused: 1, detail: 'no key' });
  });

  test('with a key does not go on with a server that proves nothing', () => {
    const door = new Door(busSecrets([KEY]));
    connected(door);
    const hello = encodeServerFrame({ ...dial(undefined).frame, offer: undefined });
    expect(door.say(FIRST_DIAL, hello)).toEqual(bye('no key'));
    expect(door.status()).toMatchObject({ refusals: { 'no key': 1 }, counters: { closed_no_key: 1 } });
    expect(door.stateOf('b')).toBe('refused');
  });

  test('counts what the other end says of its key by name, and any other text as one kind', () => {
    for (const [said, kind] of [
      ['wrong key', 'wrong key'],
      ['no key', 'no key'],
      ['x'.repeat(900), 'refused'],
    ] as const) {
      const door = new Door(busSecrets([KEY]));
      connected(door);
      door.say(FIRST_DIAL, encodeServerFrame({ type: 'bye', reason: said }));
      expect(door.status().refusals).toEqual({ [kind]: 1 });
      expect(door.status().links[0]).toMatchObject({ refused: 1, detail: `refused: ${said}` });
    }
  });
});
