import { generateStandardSecret } from '@mira/signature';
import { sign as signAsOctokit, verify as verifyAsOctokit } from '@octokit/webhooks-methods';
import '@shopify/shopify-api/adapters/node';
import { ApiVersion, shopifyApi } from '@shopify/shopify-api';
import { createSHA256HMAC } from '@shopify/shopify-api/runtime';
import { isValidSlackRequest } from '@slack/bolt';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import {
  nowSeconds,
  signedAsGithub,
  signedAsGitlab,
  signedAsShopify,
  signedAsSlack,
  signedAsStandard,
  signedAsStripe,
} from '../../../test/support/signed';
import { findSource } from './source.registry';

const BODY = '{"id":"evt_1","type":"order.paid","note":"naïve 🦆","total":12.5}';
const OTHER_BODY = BODY.replace('12.5', '12.6');
const NOW_SECONDS = nowSeconds();

/**
 * The signatures of the vendors' own libraries, so that it is not only ourselves who say that ours are right: what they
 * sign is taken here, and what the tests sign everywhere else is taken by them.
 */
interface VendorCase {
  readonly vendor: string;
  readonly service: string;
  readonly secret: string;
  /** By their library; absent where it only verifies. */
  readonly theirs?: (body: string, secret: string) => Record<string, string> | Promise<Record<string, string>>;
  readonly ours: (body: string, secret: string) => Record<string, string>;
  readonly taken: (body: string, headers: Record<string, string>, secret: string) => boolean | Promise<boolean>;
}

function standardTakes(body: string, headers: Record<string, string>, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

function signedByStandard(body: string, secret: string): Record<string, string> {
  const signature = new Webhook(secret).sign('msg_1', new Date(NOW_SECONDS * 1000), body);
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': String(NOW_SECONDS), 'webhook-signature': signature };
}

function shopifyTakes(body: string, headers: Record<string, string>, secret: string): Promise<boolean> {
  const shopify = shopifyApi({
    apiKey: 'the key of an app',
    apiSecretKey: secret,
    apiVersion: ApiVersion.January26,
    hostName: 'mira.example.com',
    isEmbeddedApp: false,
    logger: { log: () => undefined },
  });
  const rest = { 'x-shopify-shop-domain': 'a.myshopify.com', 'x-shopify-api-version': '2026-01' };
  const rawRequest = { method: 'POST', url: '/', headers: { ...headers, ...rest } };
  return shopify.webhooks.validate({ rawBody: body, rawRequest }).then(({ valid }) => valid);
}

const vendors: readonly VendorCase[] = [
  {
    vendor: 'stripe',
    service: 'stripe',
    secret: 'whsec_a1b2c3d4e5f6',
    theirs: (payload, secret) => ({
      'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: NOW_SECONDS }),
    }),
    ours: (body, secret) => signedAsStripe(body, secret),
    taken: (body, headers, secret) => {
      try {
        return Stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', secret).id === 'evt_1';
      } catch {
        return false;
      }
    },
  },
  {
    vendor: '@octokit/webhooks-methods',
    service: 'github',
    secret: "It's a Secret to Everybody",
    theirs: async (body, secret) => ({ 'x-hub-signature-256': await signAsOctokit(secret, body) }),
    ours: (body, secret) => signedAsGithub(body, secret),
    taken: (body, headers, secret) => verifyAsOctokit(secret, body, headers['x-hub-signature-256'] ?? ''),
  },
  {
    vendor: 'standardwebhooks',
    service: 'standard',
    secret: generateStandardSecret(),
    theirs: signedByStandard,
    ours: (body, secret) => signedAsStandard(body, secret),
    taken: standardTakes,
  },
  {
    vendor: 'standardwebhooks, which GitLab names for its signing tokens,',
    service: 'gitlab',
    secret: generateStandardSecret(),
    theirs: signedByStandard,
    ours: (body, secret) => signedAsGitlab(body, secret),
    taken: standardTakes,
  },
  {
    vendor: '@slack/bolt, which only verifies,',
    service: 'slack',
    secret: '8f742231b10e8888abcd99eee00085a5',
    ours: (body, secret) => signedAsSlack(body, secret),
    taken: (body, headers, signingSecret) => {
      const seconds = Number(headers['x-slack-request-timestamp']);
      const signature = headers['x-slack-signature'] ?? '';
      return isValidSlackRequest({
        signingSecret,
        body,
        headers: { 'x-slack-signature': signature, 'x-slack-request-timestamp': seconds },
      });
    },
  },
  {
    vendor: '@shopify/shopify-api',
    service: 'shopify',
    secret: 'shpss_0123456789abcdef',
    theirs: async (body, secret) => ({ 'x-shopify-hmac-sha256': await createSHA256HMAC(secret, body) }),
    ours: (body, secret) => signedAsShopify(body, secret),
    taken: shopifyTakes,
  },
];

function verdictOn(service: string, body: string, headers: Record<string, string>, secret: string): string | undefined {
  const keys = { secrets: [secret], config: {}, url: '', now: new Date(NOW_SECONDS * 1000) };
  return findSource(service)?.verify({ headers, body: Buffer.from(body) }, keys).kind;
}

describe.each(vendors)('$vendor', ({ service, secret, theirs, ours, taken }) => {
  it('has a secret that may be brought', () => {
    expect(findSource(service)?.checkSecret(secret)).toBeNull();
  });

  if (theirs) {
    it('signs what is taken here, and nothing but that', async () => {
      const headers = await theirs(BODY, secret);
      expect(verdictOn(service, BODY, headers, secret)).toBe('valid');
      expect(verdictOn(service, OTHER_BODY, headers, secret)).toBe('invalid');
      expect(verdictOn(service, BODY, await theirs(BODY, generateStandardSecret()), secret)).toBe('invalid');
    });
  }

  it('takes what is signed here, and nothing but that', async () => {
    expect(await taken(BODY, ours(BODY, secret), secret)).toBe(true);
    expect(await taken(OTHER_BODY, ours(BODY, secret), secret)).toBe(false);
    expect(await taken(BODY, ours(BODY, generateStandardSecret()), secret)).toBe(false);
  });
});
