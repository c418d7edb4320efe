import type { Express, RequestHandler } from 'express';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { SentRequest } from './sent-request';
import { StraightWay } from './straight-way';

const ID = '0190a000-0000-7000-8000-00000000000a';
const response = {} as ServerResponse;
const asksNothing: RequestHandler = (_request, _response, next) => next();

interface Sent {
  readonly method?: string;
  readonly url?: string;
  readonly httpVersion?: string;
  readonly headers?: IncomingHttpHeaders;
}

function aRequest({ method = 'POST', url = '/webhook/github', httpVersion = '1.1', headers = {} }: Sent = {}) {
  return { method, url, httpVersion, headers: { host: 'mira', ...headers } } as IncomingMessage;
}

function aWay({ steps = [asksNothing], isOpen = true, received = () => Promise.resolve() } = {}) {
  const seen: { received: SentRequest[]; failures: unknown[] } = { received: [], failures: [] };
  const sut = new StraightWay({
    express: { request: { protocol: 'of express' } } as unknown as Express,
    steps,
    isOpen: () => isOpen,
    receive: (request) => {
      seen.received.push(request);
      return received();
    },
    fail: (error) => seen.failures.push(error),
  });
  return { sut, seen };
}

describe('the straight way', () => {
  it.each<[string, object]>([
    ['/webhook/github', { service: 'github' }],
    [`/webhook/github/${ID}`, { service: 'github', endpoint_id: ID }],
    [`/webhook/github/${ID}?a=/b`, { service: 'github', endpoint_id: ID }],
  ])('is taken to %s, as a request of Express', (url, params) => {
    const { sut, seen } = aWay();
    expect(sut.take(aRequest({ url }), response)).toBe(true);
    expect(seen.received).toEqual([expect.objectContaining({ params, originalUrl: url })]);
    expect(seen.received[0]?.protocol).toBe('of express');
  });

  it.each<Sent>([
    { method: 'GET' },
    { method: 'HEAD' },
    { httpVersion: '1.0' },
    { headers: { host: undefined } },
    { headers: { expect: '100-continue' } },
    { headers: { 'x-mira-hops': '1' } },
    { url: '/' },
    { url: '/webhook' },
    { url: '/webhook/' },
    { url: '/webhook/nobody' },
    { url: '/webhook/constructor' },
    { url: '/Webhook/github' },
    { url: '/webhook/GitHub' },
    { url: '/webhook/%67ithub' },
    { url: '/webhook/github/' },
    { url: '/webhook/github/1' },
    { url: `/webhook/github/${ID}/` },
    { url: `/webhook/github/${ID.toUpperCase()}` },
    { url: `//webhook/github/${ID}` },
    { url: 'http://mira/webhook/github' },
    { url: '/api/v1/events' },
  ])('is not for %j', (sent) => {
    const { sut, seen } = aWay();
    expect(sut.take(aRequest(sent), response)).toBe(false);
    expect(seen.received).toEqual([]);
  });

  it('is closed when no requests are taken', () => {
    expect(aWay({ isOpen: false }).sut.take(aRequest(), response)).toBe(false);
  });

  it('does its steps one after the other, and then receives', () => {
    const done: string[] = [];
    let goOn: () => void = () => undefined;
    const { sut, seen } = aWay({
      steps: [
        (_request, _response, next) => {
          done.push('first');
          goOn = next;
        },
        (_request, _response, next) => {
          done.push('second');
          next();
        },
      ],
    });
    sut.take(aRequest(), response);
    expect([done, seen.received]).toEqual([['first'], []]);
    goOn();
    expect([done, seen.received.length]).toEqual([['first', 'second'], 1]);
  });

  it('ends where a step fails, by what it passes on or throws, and where receiving does', async () => {
    const failing = aWay({ steps: [(_request, _response, next) => next('no room')] });
    failing.sut.take(aRequest(), response);
    expect(failing.seen).toEqual({ received: [], failures: ['no room'] });
    const broken = aWay({
      steps: [
        () => {
          throw new Error('broken');
        },
      ],
    });
    broken.sut.take(aRequest(), response);
    expect(broken.seen).toEqual({ received: [], failures: [new Error('broken')] });
    const refusing = aWay({ received: () => Promise.reject(new Error('no proof')) });
    refusing.sut.take(aRequest(), response);
    await new Promise(setImmediate);
    expect(refusing.seen.failures).toEqual([new Error('no proof')]);
  });
});
