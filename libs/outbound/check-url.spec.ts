import { AddressPolicy } from './address-policy';
import { checkUrl, InvalidUrl } from './check-url';

it.each([
  ['https://n8n.example.com/webhook/orders?a=1', 'https://n8n.example.com/webhook/orders?a=1'],
  ['http://n8n:5678/webhook', 'http://n8n:5678/webhook'],
  ['HTTPS://EXAMPLE.com', 'https://example.com/'],
  ['https://münchen.example/', 'https://xn--mnchen-3ya.example/'],
])('takes %s', (text, href) => {
  expect(checkUrl(text).href).toBe(href);
});

it.each([
  ['', 'absolute'],
  ['example.com/hook', 'absolute'],
  ['/hook', 'absolute'],
  ['http://', 'absolute'],
  ['http://256.256.256.256/', 'absolute'],
  ['ftp://example.com/', 'https:// or http://'],
  ['file:///etc/passwd', 'https:// or http://'],
  ['javascript:alert(1)', 'https:// or http://'],
  ['gopher://127.0.0.1:25/', 'https:// or http://'],
  ['https://user@example.com/', 'user name'],
  ['https://user:pass@example.com/', 'user name'],
  ['https://:pass@example.com/', 'user name'],
  ['https://example.com/#part', 'fragment'],
  ['https://example.com/#', 'fragment'],
])('refuses %j with a sentence about %j', (text, word) => {
  expect(() => checkUrl(text)).toThrow(InvalidUrl);
  expect(() => checkUrl(text)).toThrow(word);
});

it.each([
  'http://127.0.0.1/',
  'http://127.0.0.1./',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://017700000001/',
  'http://127.0x0.00.1/',
  'http://127。0。0。1/',
  'http://①②⑦.0.0.1/',
  'http://%31%32%37.0.0.1/',
  'http://0/',
  'http://[::1]/',
  'http://[::]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://169.254.169.254/latest/meta-data/',
  'http://0xa9fea9fe/',
  'http://100.100.100.200/',
  'http://10.0.0.1:5678/',
])('tells early that %s leads to a forbidden address', (text) => {
  expect(() => checkUrl(text, new AddressPolicy())).toThrow(/^The URL's host must not be an? [\w -]+\.$/);
});

it('leaves allowed addresses and names alone, whatever they resolve to', () => {
  const policy = new AddressPolicy(['127.0.0.0/8']);
  expect(checkUrl('http://0x7f.1:5678/', policy).href).toBe('http://127.0.0.1:5678/');
  expect(checkUrl('http://localhost/', new AddressPolicy()).hostname).toBe('localhost');
});
