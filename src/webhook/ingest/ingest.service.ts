import { BenchmarkRegistry } from '@mira/benchmark';
import { problems } from '@mira/problem';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { isCollision, isDataFault } from '../../database/database-away';
import { GroupCommit } from '../../database/group-commit';
import { newId } from '../../database/new-id';
import type { QuotaRefusal } from '../../enterprise/plan/held-quotas';
import { IngestPressure } from '../delivery/queue/ingest.pressure';
import { keptTraceParent } from '../delivery/attempt/outbound-headers';
import { parsePayload } from '../source/payload/parse-payload';
import type { Payload } from '../source/payload/payload';
import type { ReceivedRequest } from '../source/received-request';
import type { HandshakeAnswer } from '../source/source';
import { EventWriter } from './event.writer';
import type { IncomingEvent, Stored } from './incoming-event';
import { keptHeaders } from './kept-headers';
import type { Sender } from './sender';

/** Large enough for the load of any one process, small enough for a statement. */
const MAX_GROUP = 256;
/** While one transaction waits for the disk or the network, the next may be on its way. */
const MAX_CONCURRENT_GROUPS = 2;
/** If it is for so many: each costs the same round trip, of which few large groups need fewer. The gain is in ADR 0008. */
const BESIDE_FROM = 48;
const TOGETHER = { maxConcurrent: MAX_CONCURRENT_GROUPS, besideFrom: BESIDE_FROM } as const;
/** Groups of one tenant each are small, and go to different servers. */
const BY_TENANT = { sharedBy: ({ tenantId }: IncomingEvent) => tenantId, maxConcurrent: 4, besideFrom: 1 } as const;
/** With the commit itself this stays below the 2 s within which a sender hears of a database that is away. */
const MAX_WAIT_MS = 500;
const MAX_WAITING = 4_096;
/** When to send again what could not be answered for. */
const RETRY_AFTER_SECONDS = 1;
const MAX_GROUP_BYTES = 4 * 1_048_576;
const MAX_WAITING_BYTES = 64 * 1_048_576;
const DAY_SECONDS = 86_400;
/** Of one webhook, from its proof until the transaction begins that stores it. */
const COMMIT_WAIT = 'webhook_commit_wait';
/** The transaction that stores a group of webhooks. */
const COMMIT = 'webhook_commit';

/** What a sender is told of what it sent. */
export type Accepted =
  | { readonly kind: 'accepted' | 'duplicate'; readonly id: string }
  | { readonly kind: 'handshake'; readonly answer: HandshakeAnswer };

/** Takes a proved webhook in: holds it to its content type, commits it, and says what became of it. */
@Injectable()
export class IngestService implements BeforeApplicationShutdown {
  private readonly group: GroupCommit<IncomingEvent, Stored>;

  constructor(
    writer: EventWriter,
    private readonly pressure: IngestPressure,
    benchmarks: BenchmarkRegistry,
  ) {
    this.group = new GroupCommit<IncomingEvent, Stored>({
      commit: (events) => benchmarks.measure(COMMIT, () => writer.write(events)),
      inTurn: (events, work) => writer.inTurn(events, work),
      onTaken: (waitedMs) => benchmarks.record(COMMIT_WAIT, waitedMs / 1_000),
      maxGroup: MAX_GROUP,
      weightOf: ({ body }) => body.length,
      maxGroupBytes: MAX_GROUP_BYTES,
      ...(writer.storesByTenant ? BY_TENANT : TOGETHER),
      maxWaitMs: MAX_WAIT_MS,
      maxWaiting: MAX_WAITING,
      maxWaitingBytes: MAX_WAITING_BYTES,
      isRowFault,
    });
  }

  /**
   * Resolves when the event is durable, or was before, or at once where it is none but a handshake, of which nothing is
   * kept or counted. A replayed proof is thrown as a problem.
   */
  async accept(sender: Sender, request: ReceivedRequest): Promise<Accepted> {
    const payload = payloadOf(request);
    const answer = sender.source.handshake(request, payload);
    if (answer) return { kind: 'handshake', answer };
    const stored = await this.pressure.during(this.group.submit(incomingEvent(sender, request, payload)));
    switch (stored.kind) {
      case 'accepted':
      case 'duplicate':
        return stored;
      case 'replayed':
        throw problems.invalidSignature('This signature was used before, for another delivery.');
      case 'unexplained':
        throw problems.serviceUnavailable('It was not taken; send it again.', RETRY_AFTER_SECONDS, stored.error);
      case 'over_quota':
        throw quotaExceeded(stored);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.group.drained();
  }
}

/** The day's quota is told in the place of the rate limit, which is not what stands in the way. */
function quotaExceeded({ limit, used, resetsAt, now, tier, neededTier }: QuotaRefusal) {
  const seconds = Math.max(1, Math.ceil((resetsAt.getTime() - now.getTime()) / 1_000));
  const headers = {
    'RateLimit-Policy': `"webhooks_per_day";q=${limit};w=${DAY_SECONDS}`,
    RateLimit: `"webhooks_per_day";r=0;t=${seconds}`,
  };
  return problems.quotaExceeded({ limit, used, resetsAt, tier: neededTier, currentTier: tier }, headers, now);
}

/** Throws a problem where the body is not what it says it is. */
function payloadOf(request: ReceivedRequest): Payload {
  const parsed = parsePayload(request);
  if (parsed.kind === 'malformed') throw problems.malformedBody(parsed.detail);
  if (parsed.kind === 'unsupported') throw problems.unsupportedMediaType(parsed.detail);
  return parsed.payload;
}

function incomingEvent(sender: Sender, request: ReceivedRequest, payload: Payload): IncomingEvent {
  const { source } = sender;
  const dedup = source.dedupKey(request, payload);
  if (dedup.kind === 'malformed') throw problems.badRequest(dedup.detail);
  // A sender that gives no id, but a proof that no second event can carry, has given an id all the same.
  const proofKey = sender.proofHash && `proof:${sender.proofHash.toString('base64url')}`;
  const key = dedup.kind === 'key' ? dedup.key : proofKey;
  return {
    id: newId(),
    tenantId: sender.tenantId,
    endpointId: sender.endpointId,
    service: source.name,
    eventType: source.eventType(request, payload),
    dedupScope: sender.dedupScope,
    dedupKey: key && sender.dedupPrefix + key,
    proofHash: sender.proofHash,
    contentType: request.headers['content-type'] ?? null,
    headers: keptHeaders(request.headers, sender.proofHeaders),
    body: request.body,
    traceParent: keptTraceParent(traceParentOf(request.headers)),
    receivedAt: new Date(),
  };
}

function traceParentOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  return typeof traceparent === 'string' ? traceparent : undefined;
}

/** Faults that a smaller group gets over: a value that is not taken, or groups that stood in each other's way. */
function isRowFault(error: unknown): boolean {
  return isDataFault(error) || isCollision(error);
}
