import { AddressPolicy } from '@mira/outbound';
import { readBaseUrl } from './base-url';

const policy = new AddressPolicy(['127.0.0.0/8']);

describe('the address of an n8n', () => {
  it.each([
    ['https://n8n.example.com', 'https://n8n.example.com'],
    ['https://n8n.example.com/', 'https://n8n.example.com'],
    ['HTTPS://N8N.Example.com:443//', 'https://n8n.example.com'],
    ['http://127.0.0.1:5678', 'http://127.0.0.1:5678'],
    ['http://127.1:5678', 'http://127.0.0.1:5678'],
    ['https://example.com/tools/n8n/', 'https://example.com/tools/n8n'],
  ])('has one spelling: %s', (text, baseUrl) => {
    expect(readBaseUrl(text, policy)).toEqual({ kind: 'ok', baseUrl, origin: new URL(baseUrl).origin });
  });

  it.each<[string, RegExp]>([
    ['', /absolute/],
    ['n8n.example.com', /absolute/],
    ['/n8n', /absolute/],
    ['ftp://n8n.example.com', /https:/],
    ['javascript:alert(1)', /https:/],
    ['https://user:secret@n8n.example.com', /user name or a password/],
    ['https://n8n.example.com/#x', /fragment/],
    ['https://n8n.example.com/?a=b', /query/],
    ['https://n8n.example.com?', /query/],
    ['http://10.0.0.1', /host must not be/],
    ['http://169.254.169.254', /host must not be/],
    ['http://0x0a.1', /host must not be/],
    ['http://[::ffff:10.0.0.1]', /host must not be/],
    [`https://${'x'.repeat(2_048)}`, /2048/],
  ])('is refused: %j', (text, message) => {
    expect(readBaseUrl(text, policy)).toEqual({ kind: 'invalid', message: expect.stringMatching(message) });
  });
});
