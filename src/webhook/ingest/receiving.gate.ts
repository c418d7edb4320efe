import { acceptedHops, HOPS_HEADER } from '@mira/internal-event';
import { problems } from '@mira/problem';
import { type RequestHandler, Router } from 'express';
import { findSource } from '../source/source.registry';

/**
 * Turns away what no proof could make welcome, while its body is still on its way: a stranger's bytes are held in
 * memory only for an address that receives. Mounted at `/webhook`.
 */
export function receivingGate({ enabled }: { readonly enabled: boolean }): RequestHandler {
  const gate = Router();
  gate.all('/:service{/:endpoint_id}', ({ params, method, headers }, _response, next) => {
    if (!enabled) throw problems.notFound('Webhooks are not received here.');
    const source = findSource(params.service);
    if (!source) throw problems.unknownService();
    const methods = ['POST', ...(params.endpoint_id === undefined ? [] : source.probeMethods)];
    if (!methods.includes(method)) throw problems.methodNotAllowed(methods);
    acceptedHops(headers[HOPS_HEADER]);
    next('router');
  });
  gate.use(() => {
    throw problems.notFound();
  });
  return gate;
}
