const MAX_LENGTH = 512;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
/**
 * What a path's segment may hold: letters and digits of any script and the marks that RFC 3986 (3.3) allows. No
 * percent sign, since `%2e%2e` climbs as `..` does, and no backslash, which URL parsers read as a slash.
 */
const SEGMENT = /^[\p{L}\p{M}\p{N}\-._~!$&'()*+,;=:@]+$/u;

/** The path as it is kept: without the slashes it may begin with. */
export function tidyWebhookPath(path: string): string {
  return path.replace(/^\/+/, '');
}

/**
 * Whether this is the path of an n8n Webhook node and nothing else. It is put behind the address of an integration,
 * so that what climbs out of there, or leads elsewhere, is refused.
 */
export function isWebhookPath(path: unknown): path is string {
  if (typeof path !== 'string' || path.length > MAX_LENGTH || SCHEME.test(path)) return false;
  return path.split('/').every((segment) => SEGMENT.test(segment) && segment !== '.' && segment !== '..');
}
