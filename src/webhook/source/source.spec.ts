import { generateStandardKeyPair, signHmac } from '@mira/signature';
import type { IncomingHttpHeaders } from 'node:http';
import { GenericSource } from './generic.source';
import { GithubSource } from './github.source';
import { GitlabSource } from './gitlab.source';
import { JiraSource } from './jira.source';
import { N8nSource } from './n8n.source';
import type { Payload } from './payload/payload';
import type { ReceivedRequest } from './received-request';
import { ShopifySource } from './shopify.source';
import { SlackSource } from './slack.source';
import type { Source } from './source';
import { StandardSource } from './standard.source';
import { StripeSource } from './stripe.source';
import { TrelloSource } from './trello.source';

const github = new GithubSource();
const n8n = new N8nSource();
const standard = new StandardSource();
const generic = new GenericSource();
const gitlab = new GitlabSource();
const stripe = new StripeSource();
const slack = new SlackSource();
const shopify = new ShopifySource();
const jira = new JiraSource();
const trello = new TrelloSource();

function aRequest(headers: IncomingHttpHeaders = {}, body = ''): ReceivedRequest {
  return { headers, body: Buffer.from(body) };
}

function json(value: unknown): Payload {
  return { format: 'json', value };
}

describe('dedup keys', () => {
  it.each([
    [github, 'x-github-delivery'],
    [standard, 'webhook-id'],
    [gitlab, 'webhook-id'],
    [shopify, 'x-shopify-webhook-id'],
    [jira, 'x-atlassian-webhook-identifier'],
  ])('are the sender’s own id first, then Idempotency-Key: $name', (source, header) => {
    const both = { [header]: 'own', 'idempotency-key': 'brought' };
    expect(source.dedupKey(aRequest(both), json({}))).toEqual({ kind: 'key', key: 'own' });
    expect(source.dedupKey(aRequest({ ...both, [header]: '' }), json({}))).toEqual({ kind: 'key', key: 'brought' });
  });

  it.each([
    [stripe, { id: 'own' }, { id: 7 }],
    [slack, { event_id: 'own' }, { event_id: null }],
    [trello, { action: { id: 'own' } }, { action: 'own' }],
  ])('are the id in the body first, then Idempotency-Key: $name', (source, body, without) => {
    const brought = aRequest({ 'idempotency-key': 'brought' });
    expect(source.dedupKey(brought, json(body))).toEqual({ kind: 'key', key: 'own' });
    for (const other of [without, {}, [], null, 'own']) {
      expect(source.dedupKey(brought, json(other))).toEqual({ kind: 'key', key: 'brought' });
    }
  });

  it.each([n8n, generic, github, standard, gitlab, shopify, jira])(
    'are Idempotency-Key where there is no other: $name',
    (source) => {
      expect(source.dedupKey(aRequest({ 'idempotency-key': 'k' }), json({}))).toEqual({ kind: 'key', key: 'k' });
      expect(source.dedupKey(aRequest(), json({ id: 'not this' }))).toEqual({ kind: 'none' });
    },
  );

  it.each([n8n, generic])('are not another sender’s header: $name', (source) => {
    const others = { 'x-github-delivery': 'a', 'webhook-id': 'b' };
    expect(source.dedupKey(aRequest(others), json({}))).toEqual({ kind: 'none' });
  });

  it('are malformed when they cannot be kept as they are', () => {
    const key = (text: string) => generic.dedupKey(aRequest({ 'idempotency-key': text }), json({})).kind;
    expect(key('k'.repeat(255))).toBe('key');
    expect(key('k'.repeat(256))).toBe('malformed');
    expect(key('a\tb')).toBe('malformed');
    expect(key('a\u0000b')).toBe('malformed');
    expect(key('a\u0085b')).toBe('malformed');
    expect(github.dedupKey(aRequest({ 'x-github-delivery': 'k'.repeat(256) }), json({})).kind).toBe('malformed');
  });
});

describe('event types', () => {
  it('are a header’s alone at GitHub, whatever the body says', () => {
    const request = aRequest({ 'x-github-event': 'pull_request' });
    expect(github.eventType(request, json({ action: 'opened', type: 'x' }))).toBe('pull_request');
    expect(github.eventType(aRequest(), json({ type: 'x' }))).toBeNull();
  });

  it('are a header’s at Shopify too, and GitLab’s, where a system hook says more in its body', () => {
    const body = json({ object_kind: 'push', event_name: 'project_create', type: 'x' });
    expect(shopify.eventType(aRequest({ 'x-shopify-topic': 'orders/create' }), body)).toBe('orders/create');
    expect(shopify.eventType(aRequest(), body)).toBeNull();
    expect(gitlab.eventType(aRequest({ 'x-gitlab-event': 'Push Hook' }), body)).toBe('Push Hook');
    expect(gitlab.eventType(aRequest({ 'x-gitlab-event': 'System Hook' }), body)).toBe('project_create');
    expect(gitlab.eventType(aRequest({ 'x-gitlab-event': 'System Hook' }), json({}))).toBe('System Hook');
    expect(gitlab.eventType(aRequest(), json({ object_kind: 'push' }))).toBe('push');
  });

  it.each([
    [stripe, { type: 'invoice.paid', object: 'event' }, 'invoice.paid'],
    [stripe, { object: 'event' }, null],
    [slack, { type: 'event_callback', event: { type: 'app_mention' } }, 'app_mention'],
    [slack, { type: 'event_callback', event: 'app_mention' }, 'event_callback'],
    [slack, { type: 'block_actions', actions: [] }, 'block_actions'],
    [slack, { command: '/deploy', text: 'all' }, '/deploy'],
    [jira, { webhookEvent: 'jira:issue_created', issue_event_type_name: 'x' }, 'jira:issue_created'],
    [jira, { type: 'x' }, null],
    [trello, { action: { type: 'updateCard' }, type: 'x' }, 'updateCard'],
    [trello, { type: 'x' }, null],
    [n8n, { workflow_type: 'a', type: 'b' }, 'a'],
    [n8n, { type: 'b', event: 'c' }, 'b'],
    [n8n, { event: 'c' }, null],
    [standard, { type: 'b', event: 'c' }, 'b'],
    [standard, { event: 'c' }, null],
    [generic, { type: 'a', event: 'b', event_type: 'c' }, 'a'],
    [generic, { event: 'b', event_type: 'c' }, 'b'],
    [generic, { event_type: 'c', workflow_type: 'd' }, 'c'],
    [generic, { workflow_type: 'd' }, null],
  ])('stand in the payload: $name reads %j as %j', (source, value, expected) => {
    expect(source.eventType(aRequest({ 'x-github-event': 'push' }), json(value))).toBe(expected);
  });

  it.each([
    ['a number', 7],
    ['an object', { name: 'x' }],
    ['a list', ['x']],
    ['empty', ''],
    ['null', null],
    ['too long', 'x'.repeat(256)],
    ['NUL', 'a\u0000b'],
    ['a line break', 'a\nb'],
    ['half a surrogate pair', 'a\ud800'],
  ])('pass over a candidate that is %s', (_, type) => {
    expect(generic.eventType(aRequest(), json({ type }))).toBeNull();
    expect(generic.eventType(aRequest(), json({ type, event: 'next' }))).toBe('next');
  });

  it('may have 255 characters', () => {
    expect(generic.eventType(aRequest(), json({ type: 'x'.repeat(255) }))).toHaveLength(255);
  });

  it.each([[null], [undefined], [7], ['type'], [[{ type: 'x' }]], [{ __proto__: { type: 'inherited' } }]])(
    'are absent where the payload is %j',
    (value) => {
      expect(generic.eventType(aRequest(), json(value))).toBeNull();
    },
  );
});

describe('secrets that somebody brings', () => {
  it.each([github, n8n, generic, gitlab, slack, shopify, jira, trello])('are any fair text: $name', (source) => {
    expect(source.checkSecret("It's a Secret to Everybody")).toBeNull();
    expect(source.checkSecret('short')).toMatch(/8 to 255/);
    expect(source.checkSecret(' padded secret ')).toMatch(/white space/);
  });

  it('are keys of Standard Webhooks for standard, and never a private one', () => {
    const { privateKey, publicKey } = generateStandardKeyPair();
    expect(standard.checkSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBeNull();
    expect(standard.checkSecret(publicKey)).toBeNull();
    expect(standard.checkSecret(privateKey)).toMatch(/public half/);
    expect(standard.checkSecret("It's a Secret to Everybody")).toMatch(/whsec_/);
  });
});

describe('what somebody may take for the secret', () => {
  it.each([
    [stripe, 'sk_live_51Habcdefgh', /signing secret/],
    [slack, 'xoxb-1234567890-abcdef', /Signing Secret/],
    [slack, 'xapp-1-A012345-abcdef', /Signing Secret/],
    [shopify, 'shpat_0123456789abcdef', /client secret/],
    [trello, 'ATTA0123456789abcdef', /OAuth secret/],
    [gitlab, 'whsec_too+short', /whsec_/],
  ])('is refused in words that say which one is meant: $name, %s', (source, secret, words) => {
    expect(source.checkSecret(secret)).toMatch(words);
  });

  it('is none of these', () => {
    expect(stripe.checkSecret('whsec_0123456789abcdef')).toBeNull();
    expect(slack.checkSecret('8f742231b10e8888abcd99yyyzzz85a5')).toBeNull();
    expect(shopify.checkSecret('shpss_0123456789abcdef')).toBeNull();
    expect(gitlab.checkSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBeNull();
  });
});

describe('what a second sight of a proof says', () => {
  it.each<[Source, boolean]>([
    [github, true],
    [slack, true],
    [jira, true],
    [n8n, false],
    [standard, false],
    [gitlab, false],
    [stripe, false],
    [shopify, false],
    [trello, false],
  ])('is a replay under another id, or nothing: $name', (source, provesOneEvent) => {
    expect(source.provesOneEvent({})).toBe(provesOneEvent);
  });
});

describe('a handshake', () => {
  it('is Slack’s url_verification, and what it asks for is given back', () => {
    const body = json({ type: 'url_verification', challenge: '3eZbrw1aB', token: 'x' });
    expect(slack.handshake(aRequest(), body)).toEqual({ challenge: '3eZbrw1aB' });
  });

  it.each([
    { type: 'url_verification' },
    { type: 'url_verification', challenge: 7 },
    { type: 'event_callback', challenge: 'x' },
    { challenge: 'x' },
    ['url_verification'],
    null,
  ])('is not %j, which is an event', (value) => {
    expect(slack.handshake(aRequest(), json(value))).toBeNull();
  });

  it.each([github, n8n, standard, generic, gitlab, stripe, shopify, jira, trello])(
    'is not known to $name',
    (source) => {
      expect(source.handshake(aRequest(), json({ type: 'url_verification', challenge: 'x' }))).toBeNull();
    },
  );

  it('without a proof is Trello’s alone', () => {
    expect(trello.probeMethods).toEqual(['HEAD', 'GET']);
    for (const source of [github, n8n, standard, generic, gitlab, stripe, slack, shopify, jira]) {
      expect(source.probeMethods).toEqual([]);
    }
  });
});

describe('configuration', () => {
  it.each([github, n8n, standard, gitlab, stripe, slack, shopify, jira])(
    'has no settings for $name, and says so',
    (source) => {
      expect(source.configErrors({})).toEqual([]);
      expect(source.configErrors(null)).toEqual([]);
      expect(source.configErrors({ header: 'x' })).toEqual([
        { field: 'config.header', message: 'is unknown; this source has no settings' },
      ]);
    },
  );

  it.each([['text'], [7], [[]], [true]])('is refused as %j', (config) => {
    expect(generic.configErrors(config)).toEqual([{ field: 'config', message: 'must be an object' }]);
    expect(github.configErrors(config)).toEqual([{ field: 'config', message: 'must be an object' }]);
  });

  it.each([
    {},
    { header: 'X-Signature' },
    { encoding: 'base64' },
    { prefix: '' },
    { prefix: 'HMAC-SHA256 ' },
    { timestamp_header: 'X-Time' },
    { header: null, encoding: null, prefix: null, timestamp_header: null },
  ])('takes %j for generic', (config) => {
    expect(generic.configErrors(config)).toEqual([]);
  });

  it.each<[object, string, RegExp]>([
    [{ header: '' }, 'config.header', /name of a header/],
    [{ header: 'x y' }, 'config.header', /name of a header/],
    [{ header: 'x:\r\n' }, 'config.header', /name of a header/],
    [{ header: 7 }, 'config.header', /name of a header/],
    [{ header: 'x'.repeat(101) }, 'config.header', /name of a header/],
    [{ encoding: 'base32' }, 'config.encoding', /hex or base64/],
    [{ encoding: ['hex'] }, 'config.encoding', /hex or base64/],
    [{ prefix: 7 }, 'config.prefix', /printable ASCII/],
    [{ prefix: ' a' }, 'config.prefix', /begin with a space/],
    [{ prefix: 'é' }, 'config.prefix', /printable ASCII/],
    [{ prefix: 'x'.repeat(65) }, 'config.prefix', /64/],
    [{ timestamp_header: '' }, 'config.timestamp_header', /name of a header/],
    [{ timestamp_header: 'X-Webhook-Signature' }, 'config.timestamp_header', /another header/],
    [{ headers: 'x' }, 'config.headers', /header, encoding, prefix, timestamp_header/],
    [JSON.parse('{"__proto__": {"header": "x"}}'), 'config.__proto__', /unknown/],
    [{ constructor: 'x' }, 'config.constructor', /unknown/],
  ])('refuses %j for generic, naming the setting', (config, field, message) => {
    expect(generic.configErrors(config)).toEqual([{ field, message: expect.stringMatching(message) }]);
  });

  it.each([
    {},
    { callback_url: null },
    { callback_url: 'https://a.example/t?x=1' },
    { callback_url: 'http://mira:5000/t' },
  ])('takes %j for trello', (config) => {
    expect(trello.configErrors(config)).toEqual([]);
  });

  it.each<[object, string]>([
    [{ callback_url: 'a.example/t' }, 'config.callback_url'],
    [{ callback_url: 'ftp://a.example/t' }, 'config.callback_url'],
    [{ callback_url: 7 }, 'config.callback_url'],
    [{ callback_url: `https://a.example/${'x'.repeat(2_048)}` }, 'config.callback_url'],
    [{ url: 'https://a.example/t' }, 'config.url'],
  ])('refuses %j for trello, naming the setting', (config, field) => {
    expect(trello.configErrors(config)).toEqual([{ field, message: expect.any(String) }]);
  });

  it('names every fault at once', () => {
    const fields = generic.configErrors({ header: '', encoding: 'x', other: 1 }).map(({ field }) => field);
    expect(fields.toSorted()).toEqual(['config.encoding', 'config.header', 'config.other']);
  });
});

describe('generic', () => {
  const now = new Date(1_784_000_000_000);
  const secrets = ['a secret of somebody'];

  it('stops rather than guess when a stored setting is unusable', () => {
    const bad = [{ header: 7 }, { encoding: 'rot13' }, { prefix: {} }, { timestamp_header: false }];
    for (const config of bad) {
      expect(() => generic.verify(aRequest(), { secrets, config, url: '', now })).toThrow(TypeError);
    }
  });

  it('takes settings that are null for absent ones', () => {
    const proof = signHmac([Buffer.from('x')], 'a secret of somebody', { algorithm: 'sha256', encoding: 'hex' });
    const config = { header: null, encoding: null, prefix: null, timestamp_header: null };
    const request = aRequest({ 'x-webhook-signature': proof }, 'x');
    expect(generic.verify(request, { secrets, config, url: '', now })).toEqual({ kind: 'valid', proof });
  });

  it('does not take what an object inherits for a header', () => {
    for (const header of ['constructor', '__proto__', 'toString']) {
      expect(generic.verify(aRequest(), { secrets, config: { header }, url: '', now }).kind).toBe('missing');
    }
  });
});

describe('trello', () => {
  it('stops rather than guess when a stored setting is unusable', () => {
    const keys = { secrets: ['a secret of somebody'], config: { callback_url: 7 }, url: '', now: new Date() };
    expect(() => trello.verify(aRequest({ 'x-trello-webhook': 'x' }), keys)).toThrow(TypeError);
  });
});
