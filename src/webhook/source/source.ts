import { generateSecret, sharedSecretFault, type Verdict } from '@mira/signature';
import { dedupKeyFrom, eventTypeFrom, type DedupKey } from './identifiers';
import type { Payload } from './payload/payload';
import { headerOf, type ReceivedRequest } from './received-request';
import { configErrorsOf, type ConfigError, type SourceConfig } from './source-config';

/** What an endpoint knows when a proof is checked. */
export interface VerificationKeys {
  /** the address that the request was sent to, as its sender sees it: some sign that too */
  readonly url: string;
  /** one, or two while one of them is being rotated: a proof by either will do */
  readonly secrets: readonly string[];
  readonly config: SourceConfig;
  readonly now: Date;
}

/** What is answered to a sender that only wants to know who listens: 200 and this as JSON. Nothing is stored. */
export type HandshakeAnswer = Readonly<Record<string, unknown>>;

class NoSettings {}

/**
 * One kind of sender: how it proves itself and where it writes an event's id and type. A new sender is one subclass
 * in one file and one line in the registry; nothing else in the gateway knows senders apart.
 */
export abstract class Source {
  /** the `:service` of the URL */
  abstract readonly name: string;

  /** Checks the sender's proof over the raw bytes. Runs for every request: pure, and no more work than it takes. */
  abstract verify(request: ReceivedRequest, keys: VerificationKeys): Verdict;

  /** The headers in which proofs stand, in lower case. They are used up, and not kept with the event. */
  abstract proofHeaders(config: SourceConfig): readonly string[];

  /**
   * Whether a proof can belong to one event only, so that it says something when it is seen again: under another
   * id, which it does not cover, it is a replay. False where the proof covers the id, for then the id says it all,
   * and where honest senders make equal proofs for equal bodies.
   */
  abstract provesOneEvent(config: SourceConfig): boolean;

  /** The sender's own id of this delivery, the same whenever it tries again; null where it has none. */
  protected abstract deliveryId(request: ReceivedRequest, payload: Payload): string | null | undefined;

  /** Where an event's type may stand, best first. Whatever is no usable text is passed over. */
  protected abstract eventTypes(request: ReceivedRequest, payload: Payload): readonly unknown[];

  /** The delivery's id, else the `Idempotency-Key` that any sender may bring. */
  dedupKey(request: ReceivedRequest, payload: Payload): DedupKey {
    return dedupKeyFrom(this.deliveryId(request, payload) || headerOf(request, 'idempotency-key'));
  }

  /**
   * The answer to a request that is no event but a question of the sender's, such as whether somebody listens who
   * knows the secret; null for every event. Asked only after the proof was found good.
   */
  handshake(_request: ReceivedRequest, _payload: Payload): HandshakeAnswer | null {
    return null;
  }

  /**
   * The methods with which this sender looks whether an endpoint's address is there before it sends anything, without
   * a proof. They are answered 200 where it is and 404 where not, and tell nothing else.
   */
  get probeMethods(): readonly ('GET' | 'HEAD')[] {
    return [];
  }

  eventType(request: ReceivedRequest, payload: Payload): string | null {
    return eventTypeFrom(this.eventTypes(request, payload));
  }

  /** A fresh secret for an endpoint of this source. */
  newSecret(): string {
    return generateSecret();
  }

  /** What is wrong with a secret that somebody brings, or null. */
  checkSecret(secret: string): string | null {
    return sharedSecretFault(secret);
  }

  /** What is wrong with an endpoint's settings for this source; empty when nothing is. */
  configErrors(config: unknown): ConfigError[] {
    return configErrorsOf(NoSettings, config);
  }
}
