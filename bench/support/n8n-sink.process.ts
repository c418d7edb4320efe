import { createServer } from 'node:http';
import { announce } from './service-process.ts';

/**
 * What an n8n looks like from outside whose webhooks answer at once. It costs next to nothing, so that what is
 * measured is Mira. `GET` tells what came: `received` requests, for so many different `deliveries`.
 */
const deliveries = new Set<string>();
let received = 0;

announce(
  createServer((request, response) => {
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ received, deliveries: deliveries.size }));
      return;
    }
    received++;
    deliveries.add(String(request.headers['x-mira-delivery-id']));
    request.resume();
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end('{"message":"Workflow was started"}');
    });
  }),
);
