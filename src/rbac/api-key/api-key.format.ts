import { hashCredential, OpaqueCredential } from '../opaque-credential';

const API_KEY = new OpaqueCredential('mira_');

export function generateApiKey(): string {
  return API_KEY.generate();
}

export function isApiKeyShape(text: string): boolean {
  return API_KEY.isShape(text);
}

export function hashApiKey(key: string): Buffer {
  return hashCredential(key);
}
