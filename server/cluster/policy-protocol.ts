/**
 * The Postfix policy delegation protocol (SMTPD_POLICY_README): requests are lines `name=value`, an empty line ends one,
 * the answer is `action=…` and an empty line, many of each on one connection. A client that says anything else gets no
 * answer: Postfix then tries again later by itself.
 */

/** Of one request: Postfix sends about 30 attributes. */
export const REQUEST_BYTES_MAX = 16 * 1024;
export const ATTRIBUTES_MAX = 128;
/** Answers that a client has not asked for one by one; more is no Postfix. */
export const REQUESTS_AT_ONCE_MAX = 64;
const REQUEST = 'smtpd_access_policy';

export type PolicyAttributes = ReadonlyMap<string, string>;

export type PolicyRead =
  | { readonly ok: true; readonly requests: readonly PolicyAttributes[] }
  /** The connection is of no use any more. */
  | { readonly ok: false; readonly reason: string };

export class PolicyReader {
  #text = '';
  #bytes = 0;
  #attributes = new Map<string, string>();
  #broken = false;

  /** @param bytes as they came, in any pieces. */
  read(bytes: Buffer): PolicyRead {
    if (this.#broken) return this.#break('a request after an error');
    this.#text += bytes.toString('latin1');
    const requests: PolicyAttributes[] = [];
    let from = 0;
    for (;;) {
      const end = this.#text.indexOf('\n', from);
      if (end < 0) break;
      const line = this.#text.slice(from, end).replace(/\r$/, '');
      this.#bytes += end + 1 - from;
      from = end + 1;
      const problem = line === '' ? this.#complete(requests) : this.#add(line);
      if (problem !== undefined) return this.#break(problem);
    }
    this.#text = this.#text.slice(from);
    if (this.#bytes + this.#text.length > REQUEST_BYTES_MAX) return this.#break('a request is too long');
    return { ok: true, requests };
  }

  #add(line: string): string | undefined {
    if (this.#bytes > REQUEST_BYTES_MAX) return 'a request is too long';
    if (this.#attributes.size >= ATTRIBUTES_MAX) return 'a request has too many attributes';
    const at = line.indexOf('=');
    if (at < 1) return 'a line is not name=value';
    // What Postfix knows is bytes; addresses beyond ASCII are UTF-8.
    this.#attributes.set(line.slice(0, at), Buffer.from(line.slice(at + 1), 'latin1').toString('utf8'));
    return undefined;
  }

  #complete(requests: PolicyAttributes[]): string | undefined {
    if (this.#attributes.get('request') !== REQUEST) return `a request is not ${REQUEST}`;
    if (requests.length >= REQUESTS_AT_ONCE_MAX) return 'too many requests at once';
    requests.push(this.#attributes);
    this.#attributes = new Map();
    this.#bytes = 0;
    return undefined;
  }

  #break(reason: string): PolicyRead {
    this.#broken = true;
    this.#text = '';
    this.#attributes.clear();
    return { ok: false, reason };
  }
}

/** One answer. */
export function policyAnswer(action: string): string {
  return `action=${action.replace(/[\r\n]+/g, ' ')}\n\n`;
}
