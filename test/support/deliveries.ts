import { randomUUID } from 'node:crypto';
import { eventually } from './eventually';
import type { Answer, TestMira } from './mira';
import { signedAsGithub } from './signed';

export interface Attempt {
  readonly number: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly status_code: number | null;
  readonly response_headers: Record<string, string> | null;
  readonly response_body: string | null;
  readonly response_body_bytes: number | null;
  readonly duration_ms: number;
  readonly started_at: string;
}

export interface Delivery {
  readonly id: string;
  readonly status: string;
  readonly held_for: string | null;
  readonly held_attempts: number;
  readonly position: number | null;
  readonly attempting_since: string | null;
  readonly attempt_count: number;
  readonly reason: string | null;
  readonly execution_id: string | null;
  readonly confirm_at: string | null;
  readonly next_attempt_at: string | null;
  readonly completed_at: string | null;
  readonly attempts: readonly Attempt[];
}

const WEBHOOK_PATH = 'from-github/push';
/** Where a target is called along such a route. */
export const ROUTED_PATH = `/webhook/${WEBHOOK_PATH}`;

/** A tenant whose GitHub pushes go to a target; each test has events of a type of its own. */
export async function aRouteTo(mira: TestMira, url: string, more: Record<string, unknown> = {}) {
  const { path, secret } = await mira.createEndpoint('github');
  const event = `push-${randomUUID()}`;
  const integration = await mira.createIntegration(url);
  const target = { kind: 'n8n', integration_id: integration.id, webhook_path: WEBHOOK_PATH };
  const route = await mira.createRoute('github', target, { event_types: [event], ...more });
  const push = (body: string | Buffer = '{}', headers: Record<string, string> = {}): Promise<Answer> =>
    mira.send(path, body, { ...signedAsGithub(body, secret, { event }), ...headers });
  return { event, integration, route, push };
}

export async function deliveriesOf(mira: TestMira, eventId: unknown): Promise<Delivery[]> {
  const { json } = await mira.get(`/api/v1/deliveries?event_id=${String(eventId)}`);
  return json['data'] as Delivery[];
}

/** The one delivery of an event, as soon as it is what it should be. */
export async function deliveryOf(
  mira: TestMira,
  eventId: unknown,
  like: Partial<Delivery>,
  timeoutMs = 20_000,
): Promise<Delivery> {
  return eventually(async () => {
    const [delivery, ...others] = await deliveriesOf(mira, eventId);
    expect(others).toEqual([]);
    const { json } = await mira.get(`/api/v1/deliveries/${delivery?.id}`);
    expect(json).toMatchObject(like);
    return json as unknown as Delivery;
  }, timeoutMs);
}

export function statusesOf({ attempts }: Delivery): (number | null)[] {
  return attempts.map(({ status_code }) => status_code);
}
