/** Scripts DuraVIP by words, for `dev-gateway.ts`: `vip own 10.80.116.1 labrat-2 failure` and what VIP_WORDS lists. */

import { OWNER_CAUSES, type VipRow } from '../../server/wire/duravip.ts';
import type { ScriptedVips } from './scripted-vips.ts';

export const VIP_WORDS = [
  'own ADDRESS NODE|nobody CAUSE [WHO]',
  'order ADDRESS NODE',
  'take ADDRESS NODE CAUSE',
  'up ADDRESS',
  'fail ADDRESS TEXT…',
  'cancel ADDRESS',
  'set ADDRESS JSON',
  'table JSON',
  'node NODE JSON',
  'two ADDRESS NODE',
  'disagree ADDRESS NODE OWNER|nobody',
  'flag ADDRESS unsafe|conflict|broken|none',
  'stick NODE',
  'mute NODE',
  'failing NODE TEXT…',
  'heal',
  'slow FACTOR',
  'refuse TEXT…',
].join(' | vip ');

/** @returns `ok`, or what can be said. */
export function driveVips(vips: ScriptedVips, words: readonly string[]): string {
  const [verb, what = '', second = '', third, who] = words;
  const tail = (from: number): string => words.slice(from).join(' ');
  switch (verb) {
    case 'own':
      vips.own(what, second === 'nobody' ? null : second, causeOf(third), who);
      return 'ok';
    case 'order':
      vips.order(what, second);
      return 'ok';
    case 'take':
      vips.take(what, second, causeOf(third));
      return 'ok';
    case 'up':
      vips.host(what, 'up');
      return 'ok';
    case 'fail':
      vips.host(what, 'failed', tail(2));
      return 'ok';
    case 'cancel':
      vips.cancel(what);
      return 'ok';
    case 'set':
      vips.set(what, JSON.parse(tail(2)));
      return 'ok';
    case 'table':
      vips.tell(JSON.parse(tail(1)));
      return 'ok';
    case 'node':
      vips.tellNode(what, JSON.parse(tail(2)));
      return 'ok';
    case 'two':
      vips.set(what, { claims: [second] });
      return 'ok';
    case 'disagree':
      vips.set(what, { disagree: [{ node: second, owner: third === 'nobody' ? null : (third ?? null) }] });
      return 'ok';
    case 'flag':
      vips.set(what, flagged(second));
      return 'ok';
    default:
      return driveNodes(vips, words);
  }
}

function driveNodes(vips: ScriptedVips, words: readonly string[]): string {
  const [verb, what = ''] = words;
  switch (verb) {
    case 'stick':
      vips.stuck.add(what);
      return 'ok';
    case 'mute':
      vips.mute.add(what);
      return 'ok';
    case 'failing':
      vips.failing.set(what, words.slice(2).join(' '));
      return 'ok';
    case 'heal':
      vips.stuck.clear();
      vips.mute.clear();
      vips.failing.clear();
      vips.refusal = undefined;
      return 'ok';
    case 'slow':
      for (const key of ['ordered', 'released', 'up', 'replied'] as const) vips.delays[key] *= Number(what);
      return 'ok';
    case 'refuse':
      vips.refusal = words.slice(1).join(' ');
      return 'ok';
    default:
      return `vip ${VIP_WORDS}`;
  }
}

function causeOf(text: string | undefined) {
  return OWNER_CAUSES.find((cause) => cause === text) ?? 'failure';
}

function flagged(flag: string): Partial<VipRow> {
  if (flag === 'broken') return { flags: ['broken'], phase: 'broken', owner: null, state: 'unknown' };
  return { flags: flag === 'unsafe' || flag === 'conflict' ? [flag] : [] };
}
