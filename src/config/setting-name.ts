import { named } from './config-error';
import { MIRA_SETTINGS } from './mira.config';

/** A setting by all its names, for messages: `webhook.port (MIRA_WEBHOOK_PORT or PORT)`. */
export function settingName(path: string): string {
  const setting = MIRA_SETTINGS.find((one) => one.path === path);
  if (!setting) throw new Error(`there is no setting ${path}`);
  return named(setting);
}
