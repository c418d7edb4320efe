import { isWebhookPath, tidyWebhookPath } from './webhook-path';

it.each([
  'orders',
  'team/orders/v2',
  '0f3c1c1e-5d1f-4a83-9f5c-6f1df2f2b6a1',
  'a.b/..c/d..',
  'user/:id',
  'größe/注文',
  "it's,(fine)*+;=@!$&~_-",
  'a'.repeat(512),
])('%j is a path', (path) => {
  expect(isWebhookPath(path)).toBe(true);
});

it.each([
  '',
  '/',
  '/orders',
  'orders/',
  'a//b',
  '..',
  '.',
  '../rest/login',
  'a/../../rest',
  'a/./b',
  '%2e%2e/rest',
  '..\\rest',
  'https://evil.example/x',
  'http:evil',
  'javascript:alert(1)',
  '//evil.example/x',
  'orders?x=1',
  'orders#x',
  'two words',
  'line\nbreak',
  'nul\0',
  '\ud800',
  'a'.repeat(513),
  7,
  null,
  ['orders'],
])('%j is none', (path) => {
  expect(isWebhookPath(path)).toBe(false);
});

it('loses the slashes it begins with, and nothing else', () => {
  expect(tidyWebhookPath('/orders/new')).toBe('orders/new');
  expect(tidyWebhookPath('//orders')).toBe('orders');
  expect(tidyWebhookPath('orders/')).toBe('orders/');
});

it('stays below the address it is put behind', () => {
  for (const path of ['a.b/..c', 'user/:id', "it's,(fine)*+;=@!$&~_-", '...']) {
    expect(isWebhookPath(path)).toBe(true);
    expect(new URL(`https://n8n.example/base/webhook/${path}`).pathname).toBe(`/base/webhook/${path}`);
  }
});
