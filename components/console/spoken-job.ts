'use client';

/**
 * What is heard of a job (CN-8): one polite sentence when a job is complete that was sent from here or seen running;
 * none for one that is only looked at. The single replies go into the log region, and only for readers who switched
 * that on.
 */

import { useEffect, useRef, useState } from 'react';
import type { Job } from '../../server/wire/http.ts';
import { pageVoice } from '../ui/announce.ts';
import { inertName, inertText } from '../ui/inert-text.ts';

/** Characters of one reply that are spoken. */
export const SPOKEN_CHARACTERS_MAX = 200;
/** Nodes that are named in one sentence. */
const SPOKEN_NODES_MAX = 5;

/** Jobs that this page sent and whose end was not spoken yet; a fast one may be done before it is first seen. */
const awaited = new Set<string>();
/** More than a person sends before the first of them ends. */
const AWAITED_MAX = 20;

export function awaitResult(job: string): void {
  awaited.add(job);
  const [oldest] = awaited;
  if (awaited.size > AWAITED_MAX && oldest !== undefined) awaited.delete(oldest);
}

export function useSpokenJob(job: Job, counts: string, announceReplies: boolean): void {
  const running = useRef(false);
  const heard = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    const own = awaited.has(job.id);
    if (own) heard.current ??= new Set();
    if (job.state !== 'running' && (running.current || own)) {
      awaited.delete(job.id);
      pageVoice.result(jobSentence(job, counts));
    }
    running.current = job.state === 'running';
    const answered = job.replies.filter((reply) => reply.state === 'answered');
    const fresh = heard.current === null ? [] : answered.filter((reply) => !heard.current?.has(reply.node));
    heard.current = new Set(answered.map((reply) => reply.node));
    if (announceReplies && fresh.length > 0) pageVoice.log(repliesSentence(fresh));
  }, [job, counts, announceReplies]);
}

export function jobSentence(job: Job, counts: string): string {
  const end = job.state === 'unknown' ? ' The outcome is unknown.' : '';
  return `${inertName(job.command).slice(0, SPOKEN_CHARACTERS_MAX)}: ${counts.replaceAll(' · ', ', ')}.${end}`;
}

type Spoken = Pick<Job['replies'][number], 'node' | 'text' | 'hash'>;

/** Equal replies are spoken once, with the names of those that gave them. */
export function repliesSentence(replies: readonly Spoken[]): string {
  const groups = new Map<string, Spoken[]>();
  for (const reply of replies) {
    const key = reply.hash ?? reply.node;
    groups.set(key, [...(groups.get(key) ?? []), reply]);
  }
  return [...groups.values()].map(groupSentence).join(' ');
}

function groupSentence(group: readonly Spoken[]): string {
  const names = group.slice(0, SPOKEN_NODES_MAX).map(({ node }) => inertName(node));
  const more = group.length - names.length;
  const text = inertText(group[0]?.text ?? '').trim();
  const cut = text.length > SPOKEN_CHARACTERS_MAX ? `${text.slice(0, SPOKEN_CHARACTERS_MAX)} …` : text;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${cut === '' ? 'an empty reply' : cut}.`;
}

const ANNOUNCE_KEY = 'muster.announce-replies';

/** The switch "announce replies": of this browser, off by default. */
export function useAnnounceReplies(): readonly [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(() => readSwitch());
  const set = (next: boolean): void => {
    setOn(next);
    try {
      localStorage.setItem(ANNOUNCE_KEY, next ? 'on' : 'off');
    } catch {
      // Without storage the choice lives as long as the page.
    }
  };
  return [on, set];
}

function readSwitch(): boolean {
  try {
    return localStorage.getItem(ANNOUNCE_KEY) === 'on';
  } catch {
    return false;
  }
}
