// Runs the suite of what Mira expects of an n8n against a real one: N8N_URL and N8N_API_KEY say which.
import { spawnSync } from 'node:child_process';

const missing = ['N8N_URL', 'N8N_API_KEY'].filter((name) => !process.env[name]);
if (missing.length > 0) {
  console.error(`Set ${missing.join(' and ')}. The workflows that the suite makes there are removed again.`);
  process.exit(1);
}
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(process.execPath, [...jest, '--selectProjects', 'n8n', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
