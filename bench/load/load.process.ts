import autocannon from 'autocannon';
import { createHistogram } from 'node:perf_hooks';
import type { LoadAnswer, LoadOrder, LoadResult } from './load-order.ts';
import { signedWebhooks } from './signed-webhooks.ts';

/** How often autocannon looks whether it is to stop, in milliseconds. */
const STOP_WITHIN_MS = 20;
/** So many webhooks a connection must still have when the round is told to end. */
const RESERVE = 50;
const LONGEST_US = 60_000_000;
const ID = /^\{"id":"([0-9a-f-]{36})","status":"accepted","duplicate":false\}$/;

process.on('message', (order: LoadOrder) => {
  const answer = (given: LoadAnswer): boolean | undefined => process.send?.(given);
  runLoad(order).then(
    (result) => answer({ kind: 'done', result }),
    (error: unknown) => answer({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());

/** One round. Rejects unless every answer was a 202 with an id of its own. */
function runLoad(order: LoadOrder): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const latencyUs = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 });
    const ids = new Set<string>();
    const left = new Map<object, number>();
    let [startsAt, endsAt, answers] = [Infinity, Infinity, 0];
    let cpu = process.cpuUsage();

    const finish = (error: Error | null, result: autocannon.Result): void => {
      const fault = error?.message ?? faultOf(result, ids.size);
      if (fault !== null) return reject(new Error(fault));
      const { user, system } = process.cpuUsage(cpu);
      const seconds = (endsAt - startsAt) / 1_000;
      resolve({
        answers,
        seconds,
        per_second: Math.round(answers / seconds),
        p50_ms: latencyUs.percentile(50) / 1_000,
        p99_ms: latencyUs.percentile(99) / 1_000,
        max_ms: latencyUs.max / 1_000,
        acknowledged: ids.size,
        generator_cpu: Number(((user + system) / (performance.now() - startsAt) / 1_000).toFixed(2)),
      });
    };

    const instance = autocannon(
      {
        url: order.url,
        method: 'POST',
        connections: order.connections,
        // Only a bound: the round is ended below, to the millisecond and without autocannon's whole seconds.
        duration: order.leadInSeconds + order.seconds + 30,
        sampleInt: STOP_WITHIN_MS,
        setupClient: (client) => {
          client.setRequests(signedWebhooks(order.webhooksPerConnection, order.secret, order.eventType));
          left.set(client, order.webhooksPerConnection);
        },
        verifyBody: (body) => {
          const id = ID.exec(String(body))?.[1];
          if (id === undefined || ids.has(id)) return false;
          ids.add(id);
          return true;
        },
      },
      finish,
    );
    instance.on('start', () => {
      startsAt = performance.now() + order.leadInSeconds * 1_000;
      endsAt = startsAt + order.seconds * 1_000;
      setTimeout(() => (cpu = process.cpuUsage()), order.leadInSeconds * 1_000);
    });
    instance.on('response', (client, _status, _bytes, tookMs) => {
      const now = performance.now();
      const webhooksLeft = (left.get(client) ?? 0) - 1;
      left.set(client, webhooksLeft);
      if (now < startsAt) return;
      if (now < endsAt) {
        answers++;
        latencyUs.record(Math.max(1, Math.min(Math.round(tookMs * 1_000), LONGEST_US)));
        if (webhooksLeft > RESERVE) return;
        endsAt = now;
      }
      instance.stop();
    });
  });
}

function faultOf({ statusCodeStats, errors, timeouts, mismatches }: autocannon.Result, ids: number): string | null {
  const statuses = Object.entries(statusCodeStats ?? {}).filter(([status]) => status !== '202');
  if (statuses.length > 0) {
    return `not every answer was 202: ${statuses.map(([status, { count }]) => `${count ?? 0} × ${status}`).join(', ')}`;
  }
  if (errors > 0) return `${errors} requests failed, ${timeouts} of them by having no answer in time`;
  if (mismatches > 0) return `${mismatches} answers had not the form that they must have, or an id that came before`;
  return ids === 0 ? 'there was no answer at all' : null;
}
