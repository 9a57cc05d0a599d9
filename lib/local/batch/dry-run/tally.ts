import type { Outcome } from '../../../transfer/batch/outcome.ts';
import { grouped } from '../../../transfer/batch/outcome.ts';
import { byFrequency } from '../../../transfer/batch/sums.ts';
import { stated } from '../../../values/stated.ts';
import type { Amount, BatchPlan, PlannedHost, StoreRequests } from './plan.ts';
import { dollarsOf } from './plan.ts';

/** What a question came to. */
export interface Looked {
  readonly kind: 'to bring' | 'unchanged';
  readonly sizeBytes: number | undefined;
  /** Absent: the source was not asked. */
  readonly answerMs?: number;
  readonly sample?: { readonly bytes: number; readonly ms: number };
}

export interface TallyLimits {
  readonly perHost: number;
  readonly perHostPerMinute?: number;
  /** Bytes from which an entry is stored in parts, and of a part. Absent = requests at the store cost nothing. */
  readonly parts?: { readonly smallBytes: number; readonly partBytes: number };
  /** Whether each entry is looked for at the store first. */
  readonly heads: boolean;
  /** Whether the store is asked once, before all, if anything is there. */
  readonly lists: boolean;
}

interface Host {
  toBring: Amount;
  failed: number;
  answers: number;
  answersMs: number;
  sampleBytes: number;
  sampleMs: number;
}

/** Of one upload: larger objects have larger parts. */
const MOST_PARTS = 10_000;

const NONE: Amount = { entries: 0, bytes: 0, unknownSizes: 0 };

/** Sums over what the questions of a dry run came to; memory depends on the number of hosts alone. */
export class Tally {
  readonly #limits: TallyLimits;
  readonly #hosts = new Map<string, Host>();
  #toBring = NONE;
  #unchanged = NONE;
  #failed = 0;
  #failures: BatchPlan['failures'] = [];
  #writes = 0;
  #reads = 0;

  constructor(limits: TallyLimits) {
    this.#limits = limits;
  }

  looked(url: string, { kind, sizeBytes, answerMs, sample }: Looked): void {
    const host = this.#host(url);
    if (answerMs !== undefined) {
      host.answers += 1;
      host.answersMs += answerMs;
    }
    if (sample !== undefined) {
      host.sampleBytes += sample.bytes;
      host.sampleMs += sample.ms;
    }
    if (this.#limits.heads) this.#reads += 1;
    if (kind === 'unchanged') this.#unchanged = plus(this.#unchanged, sizeBytes);
    else {
      this.#toBring = plus(this.#toBring, sizeBytes);
      host.toBring = plus(host.toBring, sizeBytes);
      this.#writes += this.#writesOf(sizeBytes ?? 0);
    }
  }

  failed(outcome: Outcome, url: string | undefined): void {
    this.#failed += 1;
    this.#failures = grouped(this.#failures, outcome);
    if (url !== undefined) this.#host(url).failed += 1;
  }

  plan(): Pick<
    BatchPlan,
    'toBring' | 'unchanged' | 'failed' | 'failures' | 'hosts' | 'expectedMs' | 'store' | 'entries'
  > {
    const hosts = [...this.#hosts].map(([host, one]) => this.#planned(host, one));
    const expectedMs = this.#toBring.entries === 0 ? undefined : Math.max(...hosts.map((host) => this.#msOf(host)));
    return {
      entries: this.#toBring.entries + this.#unchanged.entries + this.#failed,
      toBring: this.#toBring,
      unchanged: this.#unchanged,
      failed: this.#failed,
      failures: byFrequency(this.#failures),
      hosts: hosts.sort((a, b) => b.toBring.entries + b.failed - a.toBring.entries - a.failed),
      ...stated({ expectedMs, store: this.#store() }),
    };
  }

  #store(): StoreRequests | undefined {
    if (this.#limits.parts === undefined) return undefined;
    // A listing costs what a write does.
    const requests = { writes: this.#writes + (this.#limits.lists ? 1 : 0), reads: this.#reads };
    return { ...requests, dollars: dollarsOf(requests) };
  }

  #writesOf(sizeBytes: number): number {
    const { parts } = this.#limits;
    if (parts === undefined) return 0;
    // An upload is created and completed, and has its parts between.
    return sizeBytes <= parts.smallBytes ? 1 : 2 + Math.min(MOST_PARTS, Math.ceil(sizeBytes / parts.partBytes));
  }

  #host(url: string): Host {
    const name = URL.parse(url)?.host ?? '';
    const host = this.#hosts.get(name) ?? {
      toBring: NONE,
      failed: 0,
      answers: 0,
      answersMs: 0,
      sampleBytes: 0,
      sampleMs: 0,
    };
    this.#hosts.set(name, host);
    return host;
  }

  #planned(name: string, { toBring, failed, answers, answersMs, sampleBytes, sampleMs }: Host): PlannedHost {
    const answerMs = answers === 0 ? undefined : Math.round(answersMs / answers);
    const rate = sampleBytes === 0 ? undefined : Math.round((sampleBytes * 1000) / Math.max(1, sampleMs));
    const places = this.#limits.perHost;
    return { host: name, toBring, failed, places, ...stated({ answerMs, bytesPerSecond: rate }) };
  }

  /** Each connection waits for an answer and reads its bytes, one entry after the other; or the pace that was set. */
  #msOf({ toBring, places, answerMs = 0, bytesPerSecond }: PlannedHost): number {
    const readMs = bytesPerSecond === undefined ? 0 : (toBring.bytes * 1000) / bytesPerSecond;
    const byConnections = (toBring.entries * answerMs + readMs) / Math.max(1, Math.min(places, toBring.entries));
    const { perHostPerMinute } = this.#limits;
    const byPace = perHostPerMinute === undefined ? 0 : (toBring.entries * 60_000) / perHostPerMinute;
    return Math.ceil(Math.max(byConnections, byPace));
  }
}

function plus({ entries, bytes, unknownSizes }: Amount, sizeBytes: number | undefined): Amount {
  return {
    entries: entries + 1,
    bytes: bytes + (sizeBytes ?? 0),
    unknownSizes: unknownSizes + (sizeBytes === undefined ? 1 : 0),
  };
}
