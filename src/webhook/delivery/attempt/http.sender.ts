import { Injectable } from '@nestjs/common';
import { MiraConfig } from '../../../config/mira.config';
import { SecretCipher } from '../../../database/secret.cipher';
import { openHttpConnection } from '../../../n8n/http/http.connection';
import { HttpReceiver } from '../../../n8n/http/http.receiver';
import { type AttemptAnswer, answerOf } from './attempt-answer';
import type { DeliveryTarget, DueDelivery } from './due-delivery';
import { outboundHeaders } from './outbound-headers';
import { resultOfStatus } from './outcome';
import { parseRetryAfter } from './retry-schedule';

type HttpTarget = Extract<DeliveryTarget, { kind: 'http' }>;

/** Posts an event to a receiver of any make. Its status says all: whoever takes such events knows Standard Webhooks. */
@Injectable()
export class HttpSender {
  constructor(
    private readonly config: MiraConfig,
    private readonly cipher: SecretCipher,
    private readonly receiver: HttpReceiver,
  ) {}

  async send(delivery: DueDelivery, { integration }: HttpTarget): Promise<AttemptAnswer> {
    const answer = await this.receiver.post(openHttpConnection(this.cipher, integration), {
      id: delivery.id,
      body: delivery.event.body,
      timeoutMs: this.config.delivery.timeout_ms,
      headersOf: (proof) => outboundHeaders(delivery, proof),
    });
    const now = new Date();
    return answerOf(answer, ({ status, headers }) =>
      resultOfStatus(status, parseRetryAfter(headers['retry-after'], now)),
    );
  }
}
