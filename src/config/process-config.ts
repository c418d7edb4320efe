import { loadConfig } from './load-config';
import type { MiraConfig } from './mira.config';

/**
 * The configuration of this process: the one place where the environment is read.
 * @throws ConfigError
 */
export function loadProcessConfig(): MiraConfig {
  return loadConfig({ env: process.env, cwd: process.cwd() });
}
