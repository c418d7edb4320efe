import { signHmac, signStandard } from '@mira/signature';
import { randomUUID } from 'node:crypto';

type Headers = Record<string, string>;

const HUB = { algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' } as const;
const HEX = { algorithm: 'sha256', encoding: 'hex' } as const;

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

/** `X-Hub-Signature-256` over the body: GitHub's form, n8n's, and that of `webhook.secret_key`. */
export function signedAsHub(body: string | Buffer, secret: string): Headers {
  return { 'x-hub-signature-256': signHmac([Buffer.from(body)], secret, HUB) };
}

/** The headers of one delivery of GitHub's; each has an id of its own unless one is given. */
export function signedAsGithub(
  body: string | Buffer,
  secret: string,
  { delivery = randomUUID(), event = 'push' }: { delivery?: string; event?: string } = {},
): Headers {
  return { ...signedAsHub(body, secret), 'x-github-delivery': delivery, 'x-github-event': event };
}

/** Standard Webhooks: `whsec_…` signs v1, `whsk_…` v1a. */
export function signedAsStandard(
  body: string | Buffer,
  secret: string,
  { id = `msg_${randomUUID()}`, timestampSeconds = nowSeconds() }: { id?: string; timestampSeconds?: number } = {},
): Headers {
  const signature = signStandard({ id, timestampSeconds, body: Buffer.from(body), secret });
  return { 'webhook-id': id, 'webhook-timestamp': String(timestampSeconds), 'webhook-signature': signature };
}

/** The `generic` source at its defaults, or with `timestamp_header: x-timestamp` where a time is given. */
export function signedAsGeneric(body: string | Buffer, secret: string, timestampSeconds?: number): Headers {
  if (timestampSeconds === undefined) return { 'x-webhook-signature': signHmac([Buffer.from(body)], secret, HEX) };
  const content = [Buffer.from(`${timestampSeconds}.`), Buffer.from(body)];
  return { 'x-timestamp': String(timestampSeconds), 'x-webhook-signature': signHmac(content, secret, HEX) };
}

/** GitLab's secret token, which is shown and signs nothing; `whsec_…` is a signing token, which signs as the standard. */
export function signedAsGitlab(
  body: string | Buffer,
  secret: string,
  { id = randomUUID(), event = 'Push Hook', timestampSeconds = nowSeconds() }: GitlabDelivery = {},
): Headers {
  const common = { 'x-gitlab-event': event, 'idempotency-key': id };
  if (!secret.startsWith('whsec_')) return { ...common, 'webhook-id': id, 'x-gitlab-token': secret };
  return { ...common, ...signedAsStandard(body, secret, { id, timestampSeconds }) };
}

export interface GitlabDelivery {
  readonly id?: string;
  readonly event?: string;
  readonly timestampSeconds?: number;
}

export function signedAsStripe(body: string | Buffer, secret: string, timestampSeconds = nowSeconds()): Headers {
  const proof = signHmac([Buffer.from(`${timestampSeconds}.`), Buffer.from(body)], secret, HEX);
  return { 'stripe-signature': `t=${timestampSeconds},v1=${proof}` };
}

export function signedAsSlack(body: string | Buffer, secret: string, timestampSeconds = nowSeconds()): Headers {
  const content = [Buffer.from(`v0:${timestampSeconds}:`), Buffer.from(body)];
  const proof = signHmac(content, secret, { ...HEX, prefix: 'v0=' });
  return { 'x-slack-request-timestamp': String(timestampSeconds), 'x-slack-signature': proof };
}

export function signedAsShopify(
  body: string | Buffer,
  secret: string,
  { id = randomUUID(), topic = 'orders/create' }: { id?: string; topic?: string } = {},
): Headers {
  const proof = signHmac([Buffer.from(body)], secret, { algorithm: 'sha256', encoding: 'base64' });
  return { 'x-shopify-hmac-sha256': proof, 'x-shopify-webhook-id': id, 'x-shopify-topic': topic };
}

export function signedAsJira(body: string | Buffer, secret: string, id: string = randomUUID()): Headers {
  return { 'x-hub-signature': signHmac([Buffer.from(body)], secret, HUB), 'x-atlassian-webhook-identifier': id };
}

/** @param url the callback URL, exactly as Trello was given it */
export function signedAsTrello(body: string | Buffer, secret: string, url: string): Headers {
  const content = [Buffer.from(body), Buffer.from(url)];
  return { 'x-trello-webhook': signHmac(content, secret, { algorithm: 'sha1', encoding: 'base64' }) };
}
