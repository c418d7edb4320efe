import { answerClientError, problemCodeOf } from '@mira/problem';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { RequestHandler } from 'express';
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import { readApiBody } from './api-body';
import type { MiraConfig } from './config/mira.config';
import { logRequests } from './log/request.log';
import { MetricsService } from './metrics/metrics.service';
import { outcomeOf } from './metrics/webhook-outcome';
import { BodyBudget } from './webhook/ingest/body.budget';
import { keepRawBody } from './webhook/ingest/raw-body';
import { receivingGate } from './webhook/ingest/receiving.gate';

/** A management request is a small JSON document; validating a large one would hold everybody up. */
const MAX_API_BODY_BYTES = 65_536;
/** Of all requests together; one body of the largest size has room in any case. */
const MAX_HELD_BODY_BYTES = 64 * 1_048_576;
/** For a whole request to arrive; slower ones are answered 408. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than the idle timeout of common load balancers (60 s), so that it is they who close. */
const KEEP_ALIVE_MS = 65_000;
const MAX_HEADERS = 200;

/** What stands between node's HTTP server and Nest: limits, body readers, and the count of answers. */
export function prepareHttp(app: NestExpressApplication, config: MiraConfig, logger: Logger): void {
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', config.webhook.trust_proxy);
  const budget = new BodyBudget(Math.max(MAX_HELD_BODY_BYTES, config.webhook.max_body_bytes));
  app.use(logRequests(logger));
  app.use('/webhook', countAnswers(app.get(MetricsService)), receivingGate(config.webhook));
  app.use('/webhook', keepRawBody(config.webhook.max_body_bytes, budget));
  app.use('/api', keepRawBody(MAX_API_BODY_BYTES, budget), readApiBody);
  const server: Server = app.getHttpServer();
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxHeadersCount = MAX_HEADERS;
  server.on('clientError', answerClientError);
}

/** Counts when the answer is out, so that none is missed, whoever gave it. */
function countAnswers(metrics: MetricsService): RequestHandler {
  return (_request, response, next) => {
    const start = performance.now();
    response.once('finish', () => {
      const { statusCode } = response;
      const seconds = (performance.now() - start) / 1_000;
      metrics.webhookAnswered(statusCode, outcomeOf(statusCode, problemCodeOf(response)), seconds);
    });
    next();
  };
}
