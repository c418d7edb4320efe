/** What the load generator is to do. */
export interface LoadOrder {
  /** Where to post. */
  readonly url: string;
  /** What the webhooks are signed with, and what GitHub says they are. */
  readonly secret: string;
  readonly eventType: string;
  readonly connections: number;
  /** Answers in the first so many seconds are not counted: connections are made in them. */
  readonly leadInSeconds: number;
  readonly seconds: number;
  /** Made before the first is sent. The round ends early when a connection comes near the end of its own. */
  readonly webhooksPerConnection: number;
}

/** What came of it. */
export interface LoadResult {
  /** Answers within the counted seconds. */
  readonly answers: number;
  /** The counted seconds. */
  readonly seconds: number;
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  /** All answers of the round, those of the lead-in and of its last moments included. */
  readonly acknowledged: number;
  /** How busy the generator itself was: near 1 it, and not what it measures, is the limit. */
  readonly generator_cpu: number;
}

export type LoadAnswer =
  { readonly kind: 'done'; readonly result: LoadResult } | { readonly kind: 'failed'; readonly reason: string };
