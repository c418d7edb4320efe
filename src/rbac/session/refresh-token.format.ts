import { hashCredential, OpaqueCredential } from '../opaque-credential';

/** `mira_rt_…`: no API key has a second underscore, so neither passes for the other. */
const REFRESH_TOKEN = new OpaqueCredential('mira_rt_');

export function generateRefreshToken(): string {
  return REFRESH_TOKEN.generate();
}

export function isRefreshTokenShape(text: string): boolean {
  return REFRESH_TOKEN.isShape(text);
}

export function hashRefreshToken(token: string): Buffer {
  return hashCredential(token);
}
