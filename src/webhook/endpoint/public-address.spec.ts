import 'reflect-metadata';
import { MiraConfig } from '../../config/mira.config';
import { PublicAddress } from './public-address';

interface Asked {
  readonly protocol: string;
  readonly host?: string;
}

function addressOf(publicUrl: string | null): PublicAddress {
  const config = new MiraConfig();
  Object.assign(config.webhook, { public_url: publicUrl });
  return new PublicAddress(config);
}

function askedOf({ protocol, host }: Asked) {
  return { protocol, get: ((name: string) => (name === 'host' ? host : undefined)) as never };
}

function addressSeenFrom(request: Asked, publicUrl: string | null = null): string {
  return addressOf(publicUrl).seenFrom(askedOf(request));
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

it('comes before the path and the query that a request was sent to', () => {
  const request = {
    ...askedOf({ protocol: 'http', host: 'inside:5000' }),
    originalUrl: '/webhook/trello/1?of=7&x=%20',
  };
  expect(addressOf(null).urlOf(request)).toBe('http://inside:5000/webhook/trello/1?of=7&x=%20');
  expect(addressOf('https://hooks.example.com/mira/').urlOf(request)).toBe(
    'https://hooks.example.com/mira/webhook/trello/1?of=7&x=%20',
  );
});
