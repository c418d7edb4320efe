import { createServer } from 'node:http';
import { announce } from './service-process.ts';

/**
 * What an n8n looks like from outside whose webhooks answer at once, or that works for `WORK_MS` on each, on one at a
 * time. It costs next to nothing, so that what is measured is Mira. `GET /` tells what came: `received` requests, for so
 * many different `deliveries`, and how many waited at a time at most. `GET /EVENT` tells when the event came, in
 * milliseconds of the epoch.
 */
const workMs = Number(process.env['WORK_MS'] ?? 0);
const deliveries = new Set<string>();
const receivedAt = new Map<string, number>();
let [received, waiting, mostWaiting] = [0, 0, 0];
let last: Promise<void> = Promise.resolve();

/** Its turn, on one after the other. */
function work(): Promise<void> {
  mostWaiting = Math.max(mostWaiting, ++waiting);
  last = last.then(() => new Promise((done) => setTimeout(done, workMs)));
  return last.then(() => void waiting--);
}

announce(
  createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.method === 'GET') {
      const event = request.url?.slice(1);
      const answer = event
        ? { received_at: receivedAt.get(event) ?? null }
        : { received, deliveries: deliveries.size, most_waiting: mostWaiting };
      response.end(JSON.stringify(answer));
      return;
    }
    received++;
    deliveries.add(String(request.headers['x-mira-delivery-id']));
    receivedAt.set(String(request.headers['x-mira-event-id']), performance.timeOrigin + performance.now());
    request.resume();
    request.on('end', () => {
      const respond = () => response.end('{"message":"Workflow was started"}');
      if (workMs === 0) respond();
      else void work().then(respond);
    });
  }),
);
