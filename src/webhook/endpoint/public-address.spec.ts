import 'reflect-metadata';
import { MiraConfig } from '../../config/mira.config';
import { PublicAddress } from './public-address';

function addressSeenFrom(request: { protocol: string; host?: string }, publicUrl: string | null = null): string {
  const config = new MiraConfig();
  Object.assign(config.webhook, { public_url: publicUrl });
  const get = ((name: string) => (name === 'host' ? request.host : undefined)) as never;
  return new PublicAddress(config).seenFrom({ protocol: request.protocol, get });
}

it('is the configured one, whatever the request says', () => {
  const request = { protocol: 'http', host: 'inside:5000' };
  expect(addressSeenFrom(request, 'https://hooks.example.com/mira')).toBe('https://hooks.example.com/mira');
  expect(addressSeenFrom(request, 'https://hooks.example.com/')).toBe('https://hooks.example.com');
});

it('is else the one that the request reached', () => {
  expect(addressSeenFrom({ protocol: 'http', host: 'localhost:5000' })).toBe('http://localhost:5000');
  expect(addressSeenFrom({ protocol: 'https', host: 'hooks.example.com' })).toBe('https://hooks.example.com');
  expect(addressSeenFrom({ protocol: 'http', host: '[::1]:5000' })).toBe('http://[::1]:5000');
});

it.each([undefined, '', 'a b', '<x>'])('is the port here where the host is %j', (host) => {
  expect(addressSeenFrom({ protocol: 'http', host })).toBe('http://localhost:5000');
});
