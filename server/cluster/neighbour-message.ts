/**
 * What hosts have to say beside the table of ownership: to nodes, their neighbours (ARPSHARE of vip.md 4.3); to whoever
 * watches, of which addresses the network was told. JSON in one kind of DuraVIP, in parts; it needs no order, and what is
 * garbage or of another version is dropped.
 */

import { z } from 'zod';
import { type Neighbour, VIP_KIND_LAST, VIPS_MAX, type VipMessage } from '../duravip/api.ts';
import { type IpAddress, parseIp } from '../model/ip.ts';

export const NEIGHBOURS_KIND = VIP_KIND_LAST;
const NEIGHBOURS_VERSION = 1;
/** In one message: below 64 KiB. */
export const NEIGHBOURS_PER_MESSAGE = 500;
/** In all messages that one change makes; more are left for the next time. */
export const NEIGHBOURS_SAID_MAX = 16_384;
const AGE_SECONDS_MAX = 86_400;
const ANNOUNCED_VERSION = 2;
/** In one message: below 64 KiB. */
export const ANNOUNCED_PER_MESSAGE = 1_000;

const neighbours = z.object({
  v: z.literal(NEIGHBOURS_VERSION),
  entries: z
    .array(
      z.tuple([
        z.string().max(45),
        z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/),
        z.number().min(0).max(AGE_SECONDS_MAX),
      ]),
    )
    .max(NEIGHBOURS_PER_MESSAGE),
});

const announced = z.object({
  v: z.literal(ANNOUNCED_VERSION),
  announced: z.array(z.string().max(45)).max(ANNOUNCED_PER_MESSAGE),
});

export function encodeNeighbours(entries: readonly Neighbour[]): readonly VipMessage[] {
  const said = entries.slice(0, NEIGHBOURS_SAID_MAX);
  const messages: VipMessage[] = [];
  for (let at = 0; at < said.length; at += NEIGHBOURS_PER_MESSAGE) {
    const part = said
      .slice(at, at + NEIGHBOURS_PER_MESSAGE)
      .map(({ address, mac, ageSeconds }) => [
        address,
        mac,
        Math.min(AGE_SECONDS_MAX, Math.max(0, Math.round(ageSeconds))),
      ]);
    const payload = Buffer.from(JSON.stringify({ v: NEIGHBOURS_VERSION, entries: part }));
    messages.push({ kind: NEIGHBOURS_KIND, payload });
  }
  return messages;
}

/** Undefined for anything but a message of this version. Addresses that are none are left out. */
export function decodeNeighbours(payload: Buffer): readonly Neighbour[] | undefined {
  const parsed = neighbours.safeParse(jsonOf(payload));
  if (!parsed.success) return undefined;
  return parsed.data.entries.flatMap(([text, mac, ageSeconds]) => {
    const address = parseIp(text);
    return address.ok ? [{ address: address.value, mac, ageSeconds }] : [];
  });
}

export function encodeAnnounced(addresses: readonly IpAddress[]): readonly VipMessage[] {
  const said = addresses.slice(0, VIPS_MAX);
  const messages: VipMessage[] = [];
  for (let at = 0; at < said.length; at += ANNOUNCED_PER_MESSAGE) {
    const part = said.slice(at, at + ANNOUNCED_PER_MESSAGE);
    const payload = Buffer.from(JSON.stringify({ v: ANNOUNCED_VERSION, announced: part }));
    messages.push({ kind: NEIGHBOURS_KIND, payload });
  }
  return messages;
}

/** Empty for anything but a message of this version. Addresses that are none are left out. */
export function decodeAnnounced(payload: Buffer): readonly IpAddress[] {
  const parsed = announced.safeParse(jsonOf(payload));
  if (!parsed.success) return [];
  return parsed.data.announced.flatMap((text) => {
    const address = parseIp(text);
    return address.ok ? [address.value] : [];
  });
}

function jsonOf(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined; // the only thing JSON.parse can mean by throwing
  }
}
