import type { Lane } from './lane.ts';

export type News = { readonly kind: 'ahead' } | { readonly kind: 'lost'; readonly error: unknown };

const CHUNK_BYTES = 64 * 1024;

/** A second connection on its way through what the piece lacked when it was asked. */
export class Challenger {
  readonly lane: Lane;
  /** Next byte that the piece lacks. */
  readonly #pieceAt: () => number;
  readonly #onNews: () => void;
  /** What it brought last; what lies beyond the piece's own place in it is new. */
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #chunkBytes = 0;
  #hasEnded = false;
  #news: News | undefined;

  constructor(lane: Lane, pieceAt: () => number, onNews: () => void) {
    this.lane = lane;
    this.#pieceAt = pieceAt;
    this.#onNews = onNews;
    this.goOn();
  }

  /** What it has to say, until it is sent on. */
  get news(): News | undefined {
    return this.#news;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get isAhead(): boolean {
    return this.#hasEnded || this.lane.at > this.#pieceAt();
  }

  /** The bytes that it has and the piece lacks. They stand in its own chunk. */
  get surplus(): Uint8Array {
    return this.#chunk.subarray(this.#chunkBytes - (this.lane.at - this.#pieceAt()), this.#chunkBytes);
  }

  goOn(): void {
    this.#news = undefined;
    void this.#catchUp().then((news) => {
      this.#news = news;
      this.#onNews();
    });
  }

  /** Reads on until it has something new. Never rejects. */
  async #catchUp(): Promise<News> {
    try {
      while (!this.isAhead) {
        this.#chunkBytes = await this.lane.read(this.#chunk);
        this.#hasEnded = this.#chunkBytes === 0;
      }
      return { kind: 'ahead' };
    } catch (error) {
      return { kind: 'lost', error };
    }
  }
}
