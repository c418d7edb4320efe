import { MiraConfig } from './config/mira.config';
import type { RunningMira } from './mira';
import { welcome } from './welcome';

const started = {
  url: 'http://127.0.0.1:5000',
  embedded: true,
  firstCredentials: { username: 'admin', password: 'secret', apiKey: 'mira_key' },
} as RunningMira;

function aConfig(publicUrl: string | null): MiraConfig {
  const config = new MiraConfig();
  Object.assign(config.webhook, { public_url: publicUrl });
  return config;
}

it('shows a line that reaches the program from where it was started', () => {
  expect(welcome(started, aConfig(null))).toContain('curl -i http://127.0.0.1:5000/webhook/n8n ');
});

it('shows it with the address that senders use where there is one, since a container is reached by no other', () => {
  const shown = welcome(started, aConfig('https://hooks.example.com/mira/'));
  expect(shown).toContain('curl -i https://hooks.example.com/mira/webhook/n8n ');
  expect(shown).toContain('Mira listens at http://127.0.0.1:5000 ');
});
