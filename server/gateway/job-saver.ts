/** Writes changed jobs to the store in the background: each in its newest form, texts once, one after the other. */

import type { Job } from '../wire/http.ts';
import type { ChangedJob, ReplyText, Store } from './store-port.ts';

export class JobSaver {
  readonly #store: Store;
  readonly #failed: (what: string, error: unknown) => void;
  readonly #texts = new Map<string, ReplyText[]>();
  readonly #unsaved = new Map<string, Job>();
  readonly #dropped = new Set<string>();
  #work: Promise<void> | undefined;

  /** @param failed hears of every write that the store refused; the jobs stay as they are in memory. */
  constructor(store: Store, failed: (what: string, error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  /** Goes to the store with the next change of its job. */
  keepText(job: string, text: ReplyText): void {
    const texts = this.#texts.get(job) ?? [];
    texts.push(text);
    this.#texts.set(job, texts);
  }

  changed(job: Job): void {
    this.#unsaved.set(job.id, job);
    this.#work ??= this.#run();
  }

  dropped(id: string): void {
    this.#unsaved.delete(id);
    this.#texts.delete(id);
    this.#dropped.add(id);
    this.#work ??= this.#run();
  }

  /** Resolves once nothing waits. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // what changes within this turn is written once
    while (this.#unsaved.size > 0 || this.#dropped.size > 0) {
      const batch: ChangedJob[] = [...this.#unsaved.values()].map((job) => {
        return { job, texts: this.#texts.get(job.id) ?? [] };
      });
      const dropped = [...this.#dropped];
      this.#unsaved.clear();
      this.#texts.clear();
      this.#dropped.clear();
      if (batch.length > 0) await this.#try('job.save', this.#store.saveJobs(batch));
      for (const id of dropped) await this.#try('job.drop', this.#store.dropJob(id));
    }
    this.#work = undefined;
  }

  async #try(what: string, write: Promise<void>): Promise<void> {
    try {
      await write;
    } catch (error) {
      this.#failed(what, error);
    }
  }
}
