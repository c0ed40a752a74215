/**
 * What an answer means for a message: recipients that are served go, those that failed for now wait, those that failed
 * for good are told to the sender. A message leaves the spool after its last final answer, and after the bounce about
 * it is on disk.
 */

import type { IpAddress } from '../model/ip.ts';
import type {
  ConnectionId,
  Envelope,
  FailedRecipient,
  MessageId,
  Recipient,
  RecipientResult,
} from './api.ts';
import type { Arrivals } from './arrivals.ts';
import type { Held } from './held.ts';
import type { MailContext } from './mail-context.ts';
import {
  bounceLine,
  deliveryLine,
  failureLine,
  type LineAttempt,
  receptionLine,
  STAGE,
} from './mail-lines.ts';
import { parseMailbox } from './mailbox.ts';
import type { Shelf } from './shelf.ts';

/** Documented text of a message that is too old. */
const TOO_OLD = '554 5.4.7 [internal] exceeded max time without delivery';
const TOO_OFTEN = '554 5.4.7 [internal] exceeded max retries';
const NO_ANSWER: RecipientResult = { code: 0, text: 'no answer for this recipient', stage: STAGE.unknown };

/** Who answered. */
export type Answerer = { readonly connection: ConnectionId; readonly ip: IpAddress | undefined };

export const NOBODY: Answerer = { connection: 0, ip: undefined };

type Failure = FailedRecipient & { readonly stage: number };
/** A bounce that is being written, and what becomes of the message once it is. */
type Bouncing = { readonly held: Held; readonly failed: ReadonlySet<string>; readonly envelope: Envelope };

export class Outcomes {
  readonly #context: MailContext;
  readonly #shelf: Shelf;
  readonly #arrivals: Arrivals;
  readonly #bouncing = new Map<MessageId, Bouncing>();

  constructor(context: MailContext, shelf: Shelf, arrivals: Arrivals) {
    this.#context = context;
    this.#shelf = shelf;
    this.#arrivals = arrivals;
  }

  isBounce(id: MessageId): boolean {
    return this.#bouncing.has(id);
  }

  /** @param results by recipient; a missing one is not final. */
  settle(held: Held, results: readonly RecipientResult[], by: Answerer, nowMs: number): void {
    const { envelope, queue } = held;
    const wait: Recipient[] = [];
    const failed: Failure[] = [];
    for (const [index, recipient] of envelope.recipients.entries()) {
      const result = results[index] ?? NO_ANSWER;
      if (result.code >= 200 && result.code < 300) this.#delivered(held, recipient, by, nowMs);
      else if (result.code >= 500 && result.code < 600) {
        failed.push({
          address: recipient.address,
          code: result.code,
          text: answerText(result),
          stage: result.stage,
        });
      } else {
        this.#failedForNow(held, recipient, { result, by, nowMs });
        wait.push(recipient);
      }
    }
    const attempts = envelope.attempts + 1;
    const verdict = wait.length === 0 ? undefined : this.#isOver(held, attempts, nowMs);
    if (verdict !== undefined) {
      for (const { address } of wait) {
        failed.push({ address, code: 554, text: verdict, stage: STAGE.unknown });
      }
      wait.length = 0;
    }
    this.#fail(held, failed, by, nowMs);
    queue.failed += failed.length;
    this.#conclude(held, { wait, failed: queue.policy.generateBounces ? failed : [], attempts }, nowMs);
  }

  /** Fails all recipients of a message that nobody tried to deliver just now. */
  failAll(held: Held, text: string, bounce: boolean, nowMs: number): void {
    const failed = held.envelope.recipients.map(({ address }) => ({
      address,
      code: 554,
      text,
      stage: STAGE.notConnected,
    }));
    this.#fail(held, failed, NOBODY, nowMs);
    held.queue.failed += failed.length;
    const told = bounce && held.queue.policy.generateBounces ? failed : [];
    this.#conclude(held, { wait: [], failed: told, attempts: held.envelope.attempts }, nowMs);
  }

  /** It is another node's now. What that node did not take stays, to be handed over again. */
  transferred(held: Held, results: readonly RecipientResult[], by: Answerer, nowMs: number): boolean {
    const { envelope } = held;
    const left = envelope.recipients.filter((recipient, index) => {
      const code = results[index]?.code ?? 0;
      if (code < 200 || code >= 300) return true;
      this.#context.log('mainlog', deliveryLine(this.#attempt(held, recipient, by, nowMs), 'X'), nowMs);
      this.#context.add(envelope.binding, 'moved');
      return false;
    });
    if (left.length < envelope.recipients.length) this.#arrivals.left(envelope.id);
    if (left.length === 0) {
      this.#shelf.remove(held, nowMs);
      this.#context.emit({ type: 'remove', id: envelope.id });
      return true;
    }
    if (left.length < envelope.recipients.length) this.#keep(held, { ...envelope, recipients: left });
    return false;
  }

  /** The bounce is on disk: what it tells of is settled. */
  bounced(id: MessageId, envelope: Envelope, nowMs: number): void {
    const bouncing = this.#bouncing.get(id);
    if (bouncing === undefined) return;
    this.#bouncing.delete(id);
    const { held, failed } = bouncing;
    const line = {
      ...this.#subject(held, '', NOBODY, nowMs),
      message: id,
      batch: id,
      from: '',
      bytes: envelope.bytes,
    };
    for (const { address } of envelope.recipients) {
      this.#context.log('mainlog', receptionLine({ ...line, recipient: address }, 'internal'), nowMs);
      this.#context.add(envelope.binding, 'receptions');
    }
    const wait = held.envelope.recipients.filter(({ address }) => !failed.has(address));
    this.#conclude(held, { wait, failed: [], attempts: held.envelope.attempts }, nowMs);
  }

  /** The bounce could not be written: the whole message is tried again, and with it the bounce. */
  notBounced(id: MessageId, nowMs: number): void {
    const bouncing = this.#bouncing.get(id);
    if (bouncing === undefined) return;
    this.#bouncing.delete(id);
    this.#delay(bouncing.held, bouncing.held.envelope, nowMs);
  }

  #conclude(
    held: Held,
    told: {
      readonly wait: readonly Recipient[];
      readonly failed: readonly Failure[];
      readonly attempts: number;
    },
    nowMs: number,
  ): void {
    const { wait, attempts } = told;
    const { envelope } = held;
    const failed = told.failed.length > 0 && parseMailbox(envelope.from).ok ? told.failed : [];
    if (failed.length > 0) {
      const addresses = new Set(failed.map(({ address }) => address));
      const waiting = new Set(wait);
      const recipients = envelope.recipients.filter(
        (recipient) => addresses.has(recipient.address) || waiting.has(recipient),
      );
      this.#bounce(held, { ...envelope, recipients, attempts }, failed, nowMs);
    } else if (wait.length === 0) {
      this.#shelf.remove(held, nowMs);
      this.#context.emit({ type: 'remove', id: envelope.id });
    } else this.#delay(held, { ...envelope, recipients: wait, attempts }, nowMs);
  }

  #delay(held: Held, envelope: Envelope, nowMs: number): void {
    const { retryMs, maxRetryMs, expirationMs } = held.queue.policy;
    const doubledMs = retryMs * 2 ** Math.min(30, Math.max(0, envelope.attempts - 1));
    const wallMs = this.#context.wallMs(nowMs);
    const leftMs = Math.max(1_000, envelope.receivedWallMs + expirationMs - wallMs);
    const waitMs = Math.min(doubledMs, Math.max(retryMs, maxRetryMs), leftMs);
    this.#keep(held, { ...envelope, nextAttemptWallMs: wallMs + waitMs });
    this.#shelf.delay(held, nowMs + waitMs);
  }

  #bounce(held: Held, envelope: Envelope, failed: readonly Failure[], nowMs: number): void {
    const sender = parseMailbox(envelope.from);
    if (!sender.ok) return;
    if (envelope.recipients.length < held.envelope.recipients.length) this.#keep(held, envelope);
    else held.envelope = envelope;
    this.#shelf.take(held, 'bouncing');
    const wallMs = this.#context.wallMs(nowMs);
    const bounce: Envelope = {
      id: this.#arrivals.freeName(wallMs),
      from: '',
      recipients: [sender.value],
      domain: sender.value.domain,
      binding: this.#context.boundTo(envelope.binding),
      bytes: 0,
      receivedWallMs: wallMs,
      attempts: 0,
      nextAttemptWallMs: wallMs,
    };
    this.#bouncing.set(bounce.id, {
      held,
      failed: new Set(failed.map(({ address }) => address)),
      envelope: bounce,
    });
    this.#context.emit({ type: 'bounce', envelope: bounce, about: envelope, failed });
  }

  /** What the spool knows follows at once. */
  #keep(held: Held, envelope: Envelope): void {
    held.envelope = envelope;
    this.#context.emit({ type: 'update', envelope });
  }

  /** The line of a message that will not be tried again; undefined while it may be. */
  #isOver({ envelope, queue }: Held, attempts: number, nowMs: number): string | undefined {
    const { expirationMs, maxRetries } = queue.policy;
    if (this.#context.wallMs(nowMs) >= envelope.receivedWallMs + expirationMs) return TOO_OLD;
    return maxRetries !== undefined && attempts > maxRetries ? TOO_OFTEN : undefined;
  }

  #delivered(held: Held, recipient: Recipient, by: Answerer, nowMs: number): void {
    held.queue.delivered += 1;
    this.#context.add(held.envelope.binding, 'deliveries');
    this.#context.log('mainlog', deliveryLine(this.#attempt(held, recipient, by, nowMs), 'D'), nowMs);
  }

  #failedForNow(
    held: Held,
    recipient: Recipient,
    {
      result,
      by,
      nowMs,
    }: { readonly result: RecipientResult; readonly by: Answerer; readonly nowMs: number },
  ): void {
    this.#context.add(held.envelope.binding, 'transients');
    const { stage } = result;
    const line = failureLine(
      { ...this.#attempt(held, recipient, by, nowMs), stage, text: answerText(result) },
      'T',
    );
    this.#context.log('mainlog', line, nowMs);
  }

  #fail(held: Held, failed: readonly Failure[], by: Answerer, nowMs: number): void {
    for (const { address, text, stage } of failed) {
      this.#context.add(held.envelope.binding, 'failures');
      const line = { ...this.#attempt(held, { address }, by, nowMs), stage, text };
      this.#context.log('mainlog', failureLine(line, 'P'), nowMs);
      this.#context.log('bouncelog', bounceLine(line), nowMs);
    }
  }

  #attempt(held: Held, { address }: Pick<Recipient, 'address'>, by: Answerer, nowMs: number): LineAttempt {
    const { attempts, receivedWallMs } = held.envelope;
    return { ...this.#subject(held, address, by, nowMs), retries: attempts, receivedWallMs };
  }

  #subject({ envelope, batch, queue }: Held, recipient: string, by: Answerer, nowMs: number) {
    return {
      atWallMs: this.#context.wallMs(nowMs),
      message: envelope.id,
      batch,
      connection: this.#context.names.connection(by.connection),
      recipient,
      from: envelope.from,
      bytes: envelope.bytes,
      group: queue.group,
      binding: queue.binding,
      ip: by.ip,
    };
  }
}

/** As the other side said it, behind its code. */
function answerText({ code, text }: RecipientResult): string {
  if (code === 0) return `421 4.4.2 [internal] ${text}`;
  return text.startsWith(String(code)) ? text : `${code} ${text}`;
}
