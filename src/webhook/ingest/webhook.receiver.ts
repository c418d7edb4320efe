import { Injectable } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { timedStage } from '../../metrics/server-timing';
import type { HandshakeAnswer } from '../source/source';
import { type Accepted, IngestService } from './ingest.service';
import { rawBodyOf } from './raw-body';
import type { ReceivedView } from './received.dto';
import { SenderProver } from './sender.prover';
import type { SentRequest } from './sent-request';
import { WebhookRateLimit } from './webhook.rate-limit';

/** Receives a webhook: its sender is proved first, then charged, and only then is the body looked at. */
@Injectable()
export class WebhookReceiver {
  constructor(
    private readonly prover: SenderProver,
    private readonly limit: WebhookRateLimit,
    private readonly ingest: IngestService,
  ) {}

  /**
   * Answers when it is stored, or was before, or where it is a mere handshake.
   *
   * @throws Problem which is for the caller to answer with
   */
  async receive(request: SentRequest, response: ServerResponse): Promise<void> {
    const sender = await timedStage(request, 'verify', () => this.prover.prove(request));
    await timedStage(request, 'limit', () => this.limit.charge(sender, response));
    const received = { headers: request.headers, body: rawBodyOf(request) };
    const accepted = await timedStage(request, 'store', () => this.ingest.accept(sender, received));
    const body = JSON.stringify(viewOf(accepted));
    response.statusCode = accepted.kind === 'accepted' ? 202 : 200;
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.setHeader('Content-Length', Buffer.byteLength(body));
    response.end(body);
  }
}

function viewOf(accepted: Accepted): ReceivedView | HandshakeAnswer {
  if (accepted.kind === 'handshake') return accepted.answer;
  return { id: accepted.id, status: 'accepted', duplicate: accepted.kind === 'duplicate' };
}
