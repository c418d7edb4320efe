import { createHmac, randomBytes, randomUUID } from 'node:crypto';

/** A request as a sender has it ready. */
export interface SignedWebhook {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** The bytes of a body, about what a small push of GitHub's has. */
export const BODY_BYTES = 500;

const run = randomBytes(8).toString('hex');
let sequence = 0;

/** Webhooks as GitHub sends them, no two with the same id, body or signature in the life of this process or another. */
export function signedWebhooks(count: number, secret: string, eventType: string): SignedWebhook[] {
  return Array.from({ length: count }, () => {
    const body = bodyOf(++sequence);
    return {
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'GitHub-Hookshot/0000000',
        Accept: '*/*',
        'X-GitHub-Delivery': randomUUID(),
        'X-GitHub-Event': eventType,
        'X-GitHub-Hook-ID': '123456789',
        'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
    };
  });
}

function bodyOf(number: number): Buffer {
  const push = {
    ref: 'refs/heads/main',
    before: run.padEnd(40, '0'),
    after: number.toString(16).padStart(40, '0'),
    created: false,
    deleted: false,
    forced: false,
    repository: { id: 35129377, name: 'mira', full_name: 'acme/mira', private: true, default_branch: 'main' },
    pusher: { name: 'octocat', email: 'octocat@example.com' },
    head_commit: { message: '', timestamp: '2026-01-02T03:04:05Z', distinct: true },
  };
  push.head_commit.message = 'x'.repeat(BODY_BYTES - Buffer.byteLength(JSON.stringify(push)));
  return Buffer.from(JSON.stringify(push));
}
