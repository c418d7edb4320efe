import { answerClientError, problemCodeOf, problems } from '@mira/problem';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Express, RequestHandler } from 'express';
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import { readApiBody } from './api-body';
import type { MiraConfig } from './config/mira.config';
import { ApiCalls } from './enterprise/usage/api-calls';
import { Readiness } from './health/readiness';
import type { HttpAdapter } from './http-adapter';
import { logRequests } from './log/request.log';
import { MetricsService } from './metrics/metrics.service';
import { serverTiming } from './metrics/server-timing';
import { outcomeOf } from './metrics/webhook-outcome';
import { probesOnly } from './probes-only';
import { answerFailure } from './problem-filter';
import { BodyBudget } from './webhook/ingest/body.budget';
import { keepRawBody } from './webhook/ingest/raw-body';
import { receivingGate } from './webhook/ingest/receiving.gate';
import { StraightWay } from './webhook/ingest/straight-way';
import { WebhookReceiver } from './webhook/ingest/webhook.receiver';

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
/** What a new process needs to be ready. */
const ENDING_RETRY_AFTER_SECONDS = 5;
/** As node looks for it. */
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;
/** Who watches a process watches its end too. */
const PROBES = /^\/(health|metrics)(\/|$)/i;

/** What stands between node's HTTP server and Nest: limits, body readers, and the count of answers. */
export function prepareHttp(
  app: NestExpressApplication,
  adapter: HttpAdapter,
  config: MiraConfig,
  logger: Logger,
): void {
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', config.webhook.trust_proxy);
  const budget = new BodyBudget(Math.max(MAX_HELD_BODY_BYTES, config.webhook.max_body_bytes));
  const readiness = app.get(Readiness);
  const log = logRequests(logger);
  const timing = config.metrics.server_timing ? [serverTiming()] : [];
  const count = countAnswers(app.get(MetricsService));
  const keepBody = keepRawBody(config.webhook.max_body_bytes, budget);
  app.use(log);
  if (config.role === 'worker') app.use(probesOnly());
  for (const step of timing) app.use(['/webhook', '/api'], step);
  app.use('/webhook', count);
  app.use(checkHead, refuseWhileDraining(readiness));
  app.use('/webhook', receivingGate(config.webhook));
  app.use('/webhook', keepBody);
  app.use('/api', forNobodyElse);
  app.use('/api', app.get(ApiCalls).counting);
  app.use('/api', keepRawBody(MAX_API_BODY_BYTES, budget), readApiBody);
  if (config.role !== 'worker' && config.webhook.enabled) {
    const receiver = app.get(WebhookReceiver);
    const way = new StraightWay({
      express: adapter.getInstance<Express>(),
      steps: [log, ...timing, count, keepBody],
      receive: (request, response) => receiver.receive(request, response),
      fail: (error, request, response) => answerFailure(error, request, response, undefined),
      isOpen: () => !readiness.isClosed,
    });
    adapter.shortenBy((request, response) => way.take(request, response));
  }
  const server: Server = app.getHttpServer();
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxHeadersCount = MAX_HEADERS;
  server.on('clientError', answerClientError);
  // Node would answer by itself, without a word of why.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/**
 * What is answered to one caller, secrets that are shown once among it, is kept by no cache on the way: caches know that
 * of requests with `Authorization`, but not of those with an `X-API-Key`. And it is what its content type says.
 */
const forNobodyElse: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  next();
};

/** What HTTP/1.1 asks of every request (RFC 9110, 7.2 and 10.1.1) and node leaves to whoever answers in words. */
const checkHead: RequestHandler = ({ httpVersion, headers }, _response, next) => {
  if (httpVersion !== '1.1') next();
  else if (headers.host === undefined) next(problems.badRequest('The request has no Host header.'));
  else if (headers.expect !== undefined && !CONTINUE.test(headers.expect)) next(problems.expectationFailed());
  else next();
};

/** A load balancer sees by `/health/ready` that nothing should come here any more; what comes all the same may not. */
function refuseWhileDraining(readiness: Readiness): RequestHandler {
  return ({ path }, _response, next) => {
    if (!readiness.isClosed || PROBES.test(path)) next();
    else
      next(problems.overloaded('This process of Mira is ending; another one may take it.', ENDING_RETRY_AFTER_SECONDS));
  };
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
