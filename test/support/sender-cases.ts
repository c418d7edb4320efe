import { generateStandardKeyPair, generateStandardSecret, signHmac } from '@mira/signature';
import type { IncomingHttpHeaders } from 'node:http';
import type { SourceConfig } from '../../src/webhook/source/source-config';
import {
  signedAsGeneric,
  signedAsGithub,
  signedAsGitlab,
  signedAsHub,
  signedAsJira,
  signedAsShopify,
  signedAsSlack,
  signedAsStandard,
  signedAsStripe,
  signedAsTrello,
} from './signed';

/** What a sender signs, and where it posts it. */
export interface Outgoing {
  readonly body: Buffer;
  readonly seconds: number;
  readonly url: string;
}

/** How a real sender of each source proves itself. A source that is registered without a case here fails its suite. */
export interface SenderCase {
  readonly title: string;
  readonly service: string;
  readonly config?: SourceConfig;
  /** the header that holds the proof, and where the time stands if the scheme has one */
  readonly proofHeader: string;
  readonly time?: { readonly header: string } | 'in the proof';
  readonly signedHeaders?: readonly string[];
  /** False where the secret is only shown: then nothing else is covered. */
  readonly signsBody?: false;
  readonly signsUrl?: true;
  /** The matching signature, where the header holds more. */
  readonly proofIn?: (header: string) => string;
  /** a fresh secret: what the sender signs with and what the endpoint holds; the source's own where it is left out */
  readonly newKeys?: () => { sender: string; endpoint: string };
  readonly sign: (secret: string, outgoing: Outgoing) => IncomingHttpHeaders;
}

const STANDARD = {
  proofHeader: 'webhook-signature',
  time: { header: 'webhook-timestamp' },
  signedHeaders: ['webhook-id'],
} as const;

function pairOfKeys() {
  const { privateKey, publicKey } = generateStandardKeyPair();
  return { sender: privateKey, endpoint: publicKey };
}

function signingToken() {
  const secret = generateStandardSecret();
  return { sender: secret, endpoint: secret };
}

export const senderCases: readonly SenderCase[] = [
  {
    title: 'github',
    service: 'github',
    proofHeader: 'x-hub-signature-256',
    sign: (secret, { body }) => signedAsGithub(body, secret, { delivery: 'd1' }),
  },
  {
    title: 'n8n',
    service: 'n8n',
    proofHeader: 'x-hub-signature-256',
    sign: (secret, { body }) => signedAsHub(body, secret),
  },
  {
    title: 'gitlab, with a secret token',
    service: 'gitlab',
    proofHeader: 'x-gitlab-token',
    signsBody: false,
    sign: (secret, { body }) => signedAsGitlab(body, secret, { id: 'd1' }),
  },
  {
    title: 'gitlab, with a signing token',
    service: 'gitlab',
    ...STANDARD,
    newKeys: signingToken,
    sign: (secret, { body, seconds }) => signedAsGitlab(body, secret, { id: 'd1', timestampSeconds: seconds }),
  },
  {
    title: 'stripe',
    service: 'stripe',
    proofHeader: 'stripe-signature',
    time: 'in the proof',
    proofIn: (header) => header.slice(header.indexOf('v1=')),
    sign: (secret, { body, seconds }) => signedAsStripe(body, secret, seconds),
  },
  {
    title: 'slack',
    service: 'slack',
    proofHeader: 'x-slack-signature',
    time: { header: 'x-slack-request-timestamp' },
    sign: (secret, { body, seconds }) => signedAsSlack(body, secret, seconds),
  },
  {
    title: 'shopify',
    service: 'shopify',
    proofHeader: 'x-shopify-hmac-sha256',
    sign: (secret, { body }) => signedAsShopify(body, secret, { id: 'd1' }),
  },
  {
    title: 'jira',
    service: 'jira',
    proofHeader: 'x-hub-signature',
    sign: (secret, { body }) => signedAsJira(body, secret, 'd1'),
  },
  {
    title: 'trello, at the address of its endpoint',
    service: 'trello',
    proofHeader: 'x-trello-webhook',
    signsUrl: true,
    sign: (secret, { body, url }) => signedAsTrello(body, secret, url),
  },
  {
    title: 'trello, with another callback URL',
    service: 'trello',
    config: { callback_url: 'https://hooks.example.com/t?board=7' },
    proofHeader: 'x-trello-webhook',
    sign: (secret, { body }) => signedAsTrello(body, secret, 'https://hooks.example.com/t?board=7'),
  },
  {
    title: 'standard, v1',
    service: 'standard',
    ...STANDARD,
    sign: (secret, { body, seconds }) => signedAsStandard(body, secret, { id: 'msg_1', timestampSeconds: seconds }),
  },
  {
    title: 'standard, v1a',
    service: 'standard',
    ...STANDARD,
    newKeys: pairOfKeys,
    sign: (secret, { body, seconds }) => signedAsStandard(body, secret, { id: 'msg_1', timestampSeconds: seconds }),
  },
  {
    title: 'generic, as it comes',
    service: 'generic',
    proofHeader: 'x-webhook-signature',
    sign: (secret, { body }) => signedAsGeneric(body, secret),
  },
  {
    title: 'generic, all settings',
    service: 'generic',
    config: { header: 'X-Acme-Proof', encoding: 'base64', prefix: 'v0 ', timestamp_header: 'X-Acme-Time' },
    proofHeader: 'x-acme-proof',
    time: { header: 'x-acme-time' },
    sign: (secret, { body, seconds }) => ({
      'x-acme-time': String(seconds),
      'x-acme-proof': signHmac([Buffer.from(`${seconds}.`), body], secret, {
        algorithm: 'sha256',
        encoding: 'base64',
        prefix: 'v0 ',
      }),
    }),
  },
];
