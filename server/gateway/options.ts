/** What the gateway is told at its start. Nothing here changes while it runs. */

import type { Row } from '../wire/live.ts';

export type GatewayOptions = {
  /** Address to listen on. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly clusterName: string;
  readonly environment: Row<'cluster'>['environment'];
  /** Version text of this build. */
  readonly build: string;
  /** Directory of the exported pages; undefined serves the API alone. */
  readonly siteDirectory: string | undefined;
  /**
   * Origins under which browsers reach the gateway, `https://muster.example.org`. Empty: plain http on the listening
   * address. With https origins cookies are `Secure` and carry the prefix `__Host-`.
   */
  readonly publicOrigins: readonly string[];
  /** Addresses of reverse proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Opens `/metrics` to callers that are not on loopback (R23). */
  readonly metricsToken: string | undefined;
  readonly passwordCost: PasswordCost;
  readonly requestsPerMinute: number;
};

/** Parameters of argon2id. */
export type PasswordCost = { readonly memoryKib: number; readonly passes: number };

/** OWASP's recommendation for argon2id; 14 ms on the machine where it was measured. */
export const PASSWORD_COST: PasswordCost = { memoryKib: 19_456, passes: 2 };
/** API requests of one address in one minute. */
export const REQUESTS_PER_MINUTE = 1_200;

/** Demo only (R22): the supervisor's processes. */
export interface Rehearsal {
  rows(): readonly Row<'rehearsal'>[];
  /** Called with all rows whenever one changed. @returns a function that ends the subscription. */
  subscribe(listener: (rows: readonly Row<'rehearsal'>[]) => void): () => void;
  act(
    process: string,
    action: 'kill' | 'restart' | 'pause' | 'resume',
  ): Promise<{ readonly ok: boolean; readonly detail: string }>;
}
