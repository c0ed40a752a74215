/**
 * What a configuration says about one peer of one control listener (momentum.md 7.1): a pure function, asked again for
 * every command, so that a reload takes effect at once. Options fall back from Peer in Listen (longest network) over
 * Listen and the listener's own Peer to Control_Listener.
 */

import { bitsAround } from '../conf/fallback.ts';
import type { Generation } from '../conf/generation.ts';
import type { ScopePath } from '../conf/scope-path.ts';
import { parseBool } from '../conf/values.ts';

export const DIGEST_REALM_DEFAULT = 'Momentum Console';
const LISTENER = 'Control_Listener';
/** The peer of a Unix socket, as far as networks are concerned. */
const LOOPBACK = '127.0.0.1';

export type AccessPeer = {
  readonly via: 'unix' | 'tcp';
  /** Instance of the Listen scope. */
  readonly listener: string;
  /** IP address; undefined for a Unix socket, which counts as loopback. */
  readonly address: string | undefined;
};

export type DigestSource = {
  readonly uri: string;
  readonly realm: string;
  readonly logAuthentication: boolean;
  readonly storedCleartext: boolean;
};

export type AccessPolicy = {
  readonly alwaysAllow: boolean;
  /** Wins over everything. */
  readonly alwaysDeny: boolean;
  /** Commands need a user who has proved who they are. */
  readonly authentication: boolean;
  readonly authorization: boolean;
  /** Undefined when no `uri` is configured. */
  readonly digest: DigestSource | undefined;
  /** `uri` of AuthorizationParameters. */
  readonly rolesUri: string | undefined;
};

/**
 * Authentication is in force where `Enable_Authentication` says so, and where it says nothing on TCP endpoints with
 * AuthDigestMD5Parameters, as in the documents' samples. A Unix socket is the local user's in any case.
 */
export function accessPolicy(generation: Generation, peer: AccessPeer): AccessPolicy {
  const places = placesOf(generation, peer);
  const flag = (option: string): boolean | undefined => {
    const place = places.find((path) => generation.isSet(path, option));
    return place === undefined ? undefined : generation.getBoolean(place, option);
  };
  const dictionary = (option: string): ReadonlyMap<string, string> | undefined => {
    const place = places.find((path) => generation.isSet(path, option));
    return place === undefined ? undefined : lowerKeys(generation.getDictionary(place, option));
  };
  const digest = digestSource(dictionary('AuthDigestMD5Parameters'));
  const enabled = flag('Enable_Authentication') ?? digest !== undefined;
  return {
    alwaysAllow: flag('Always_Allow') ?? false,
    alwaysDeny: flag('Always_Deny') ?? false,
    authentication: peer.via === 'tcp' && enabled,
    authorization: flag('Enable_Authorization') ?? false,
    digest,
    rolesUri: dictionary('AuthorizationParameters')?.get('uri'),
  };
}

/** Most specific first. */
function placesOf(
  generation: Generation,
  { listener, address = LOOPBACK }: AccessPeer,
): readonly ScopePath[] {
  const listen = { name: 'Listen', instance: listener };
  const inner = longestPeer(generation, [LISTENER, listen], address);
  const outer = longestPeer(generation, [LISTENER], address);
  return [
    ...(inner === undefined ? [] : [[LISTENER, listen, { name: 'Peer', instance: inner }]]),
    [LISTENER, listen],
    ...(outer === undefined ? [] : [[LISTENER, { name: 'Peer', instance: outer }]]),
    [LISTENER],
  ];
}

function longestPeer(generation: Generation, scope: ScopePath, address: string): string | undefined {
  let best: { readonly instance: string; readonly bits: number } | undefined;
  for (const instance of generation.instances(scope, 'Peer')) {
    const bits = bitsAround(instance, address);
    if (bits !== undefined && bits > (best?.bits ?? -1)) best = { instance, bits };
  }
  return best?.instance;
}

function digestSource(parameters: ReadonlyMap<string, string> | undefined): DigestSource | undefined {
  const uri = parameters?.get('uri');
  if (uri === undefined) return undefined;
  return {
    uri,
    realm: parameters?.get('realm') ?? DIGEST_REALM_DEFAULT,
    logAuthentication: isTrue(parameters?.get('log_authentication')),
    storedCleartext: isTrue(parameters?.get('stored_cleartext')),
  };
}

function isTrue(text: string | undefined): boolean {
  const value = text === undefined ? undefined : parseBool(text);
  return value?.ok === true && value.value;
}

/** Keys are names, and names have no case. */
function lowerKeys(pairs: ReadonlyMap<string, string> | undefined): ReadonlyMap<string, string> | undefined {
  return pairs && new Map([...pairs].map(([key, value]) => [key.toLowerCase(), value]));
}
