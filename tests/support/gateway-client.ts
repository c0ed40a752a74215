/** The gateway's HTTP API for tests: signs in as a page does, keeps the cookie and the CSRF token. */

import { randomUUID } from 'node:crypto';
import type { AuditRecord, Job } from '../../server/wire/http.ts';

export class GatewayClient {
  readonly #url: string;
  readonly #cookie: string;
  readonly #csrf: string;

  private constructor(url: string, cookie: string, csrf: string) {
    this.#url = url;
    this.#cookie = cookie;
    this.#csrf = csrf;
  }

  static async signIn(
    url: string,
    account: { readonly name: string; readonly password: string },
  ): Promise<GatewayClient> {
    const answer = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify({ name: account.name, password: account.password }),
    });
    if (!answer.ok) throw new Error(`sign-in as ${account.name}: ${answer.status} ${await answer.text()}`);
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const { csrf } = (await answer.json()) as { csrf: string };
    return new GatewayClient(url, cookie, csrf);
  }

  get cookie(): string {
    return this.#cookie;
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.#url}${path}`, { headers: { cookie: this.#cookie } });
  }

  post(path: string, body: unknown): Promise<Response> {
    return this.#write('POST', path, body);
  }

  patch(path: string, body: unknown): Promise<Response> {
    return this.#write('PATCH', path, body);
  }

  #write(method: string, path: string, body: unknown): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        origin: this.#url,
        cookie: this.#cookie,
        'x-muster-csrf': this.#csrf,
        'idempotency-key': randomUUID(),
      },
      body: JSON.stringify(body ?? {}),
    });
  }

  async job(id: string): Promise<Job> {
    return (await (await this.get(`/api/jobs/${id}`)).json()) as Job;
  }

  /** The newest audit records that this account may see. */
  async audit(): Promise<readonly AuditRecord[]> {
    return ((await (await this.get('/api/audit?limit=200')).json()) as { records: AuditRecord[] }).records;
  }

  /** One-time ticket for the live socket. */
  async ticket(): Promise<string> {
    return ((await (await this.post('/api/live-ticket', {})).json()) as { ticket: string }).ticket;
  }

  async signOut(): Promise<void> {
    await this.#write('DELETE', '/api/session', {});
  }
}
