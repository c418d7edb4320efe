const MAX_PATH_LENGTH = 1_000;
const WORKFLOW_ID = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * What is wrong with the path of a production webhook (what n8n shows after `/webhook/`), or null. Slashes around it
 * do not matter. A path with `.` or `..` as a segment would lead elsewhere in n8n than to a webhook.
 */
export function webhookPathFault(path: string): string | null {
  const segments = segmentsOf(path);
  if (path.length > MAX_PATH_LENGTH) return `must have at most ${MAX_PATH_LENGTH} characters`;
  if (path.includes('://')) return 'must be the path alone: what follows /webhook/ in the production URL';
  if (/[?#\\\p{Cc}\p{Cs}]/u.test(path)) return 'must not contain ?, #, \\ or control characters';
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'must not have . or .. as a segment';
  if (segments.some((segment) => segment.startsWith(':'))) {
    return 'must not have parameters such as :id: write what stands in their place';
  }
  return segments.every((segment) => segment !== '') ? null : 'must not be empty or have empty segments';
}

/** What is wrong with the id of a workflow, or null. It becomes part of a URL, so it is held to n8n's alphabet. */
export function workflowIdFault(id: string): string | null {
  return WORKFLOW_ID.test(id) ? null : 'must be the id of a workflow: 1 to 64 letters, digits, - and _';
}

/** The production URL. n8n decodes each segment once and compares it with the path as it stands in the node. */
export function productionUrl(baseUrl: string, path: string): string {
  return `${baseUrl}/webhook/${segmentsOf(path).map(encodeURIComponent).join('/')}`;
}

/** n8n, too, takes one slash away at either end. */
function segmentsOf(path: string): string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/');
}
