import type { MiraConfig } from './config/mira.config';
import type { RunningMira } from './mira';

/** What a start tells the person who made it. Credentials are shown by the start that made them, and never again. */
export function welcome(mira: RunningMira, config: MiraConfig): string {
  const where = mira.embedded ? `embedded database in ${config.data_dir}` : 'PostgreSQL server of DATABASE_URL';
  const use =
    config.role === 'worker'
      ? 'it only delivers, and answers /health and /metrics'
      : `its API is described at ${mira.url}/docs`;
  const lines = ['', `Mira listens at ${mira.url} (${where}); ${use}`];
  const made = mira.firstCredentials;
  if (made) {
    lines.push(
      '',
      'First start: made the default tenant and its admin. Keep these, they are shown once.',
      `  user      ${made.username}`,
      `  password  ${made.password ?? '(the one you gave in MIRA_ADMIN_PASSWORD)'}`,
      `  API key   ${made.apiKey}`,
      '',
      'Try it:',
      `  ${exampleCall(config.webhook.public_url?.replace(/\/+$/, '') ?? mira.url, made.apiKey)}`,
    );
  }
  return [...lines, ''].join('\n');
}

/** A line to paste: it makes a project by webhook. In a container the program's own address leads nowhere outside. */
function exampleCall(url: string, apiKey: string): string {
  const body = JSON.stringify({ workflow_type: 'project_initialization', data: { name: 'My first project' } });
  return `curl -i ${url}/webhook/n8n -H 'X-API-Key: ${apiKey}' -H 'Content-Type: application/json' -d '${body}'`;
}
