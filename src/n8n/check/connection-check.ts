import type { N8nFailure, N8nReply } from '../client/n8n.reply';

/** What is looked at when an integration is tested, in this order. */
export const CHECKS = ['reachable', 'ready', 'version', 'api_key', 'scopes', 'clock'] as const;
export type CheckName = (typeof CHECKS)[number];

export const CHECK_STATUSES = ['ok', 'failed', 'unknown'] as const;
export type CheckStatus = (typeof CHECK_STATUSES)[number];

/** One thing that was looked at; `detail` says what was found and, where it failed, what to change. */
export interface ConnectionCheck {
  readonly name: CheckName;
  readonly status: CheckStatus;
  readonly detail: string;
}

/** The calls that Mira makes, by the scope that n8n asks for each. */
export const SCOPES = {
  'workflow:list': 'show the workflows',
  'workflow:read': 'find where a workflow is called',
  'execution:list': 'learn in batches what became of executions',
  'execution:read': 'read the error of an execution',
  'execution:retry': 'have a failed execution run again',
} as const;
export type Scope = keyof typeof SCOPES;

const MAJORS = [1, 2];
/** n8n says the time to a second. */
const CLOCK_OK_MS = 5_000;
/** Standard Webhooks gives a signature five minutes; half of it may be lost on the way. */
const CLOCK_FAILED_MS = 120_000;

export function reachableCheck(reply: N8nReply<object>, isApiThere: boolean): ConnectionCheck {
  if (reply.kind === 'ok' || isApiThere) return check('reachable', 'ok', 'n8n answers.');
  if (reply.fault === 'unreachable' || reply.fault === 'refused_address') {
    return check('reachable', 'failed', `${reply.detail} Check the base URL of the integration, and that n8n runs.`);
  }
  return check(
    'reachable',
    'failed',
    `Something answers there, but not as n8n does: check the base URL. ${reply.detail}`,
  );
}

export function readyCheck(reply: N8nReply<object>): ConnectionCheck {
  if (reply.kind === 'ok') return check('ready', 'ok', 'Its database is connected and migrated.');
  if (reply.status === 503 || reply.fault === 'starting') {
    return check('ready', 'failed', 'n8n runs, but is not ready: it is starting, or has lost its database.');
  }
  if (reply.status !== null) return check('ready', 'unknown', 'n8n does not tell at /healthz/readiness.');
  return check('ready', 'failed', reply.detail);
}

export function versionCheck(version: string | null): ConnectionCheck {
  if (version === null)
    return check('version', 'unknown', 'n8n does not tell its version; Mira works with 1.x and 2.x.');
  const major = Number.parseInt(version, 10);
  if (MAJORS.includes(major)) return check('version', 'ok', `n8n ${version}.`);
  return check('version', 'unknown', `n8n ${version}: Mira was made for 1.x and 2.x, and may not understand it.`);
}

export function apiKeyCheck(reply: N8nReply<unknown>): ConnectionCheck {
  if (reply.kind === 'ok') return check('api_key', 'ok', 'n8n accepts the API key.');
  switch (reply.fault) {
    case 'forbidden':
    case 'not_found':
    case 'refused':
    case 'too_large':
      return check('api_key', 'ok', 'n8n accepts the API key.');
    case 'no_api_key':
      return check(
        'api_key',
        'failed',
        `${reply.detail} Without one, workflows are named by their webhook path only, and what became of an execution is not known.`,
      );
    case 'unauthorized':
      return check('api_key', 'failed', reply.detail);
    case 'not_the_api':
      return check(
        'api_key',
        'failed',
        `${reply.detail} Or n8n's public API is switched off (N8N_PUBLIC_API_DISABLED).`,
      );
    case 'starting':
    case 'unreachable':
    case 'overloaded':
    case 'refused_address':
      return check('api_key', 'unknown', `n8n could not be asked. ${reply.detail}`);
  }
}

/** @param replies to a harmless call for each scope; what there is not is not found, and so allowed to be looked for */
export function scopesCheck(replies: ReadonlyMap<Scope, N8nReply<unknown>>): ConnectionCheck {
  const verdicts = [...replies].map(([scope, reply]) => ({ scope, verdict: verdictOf(reply) }));
  const missing = verdicts.filter(({ verdict }) => verdict === 'forbidden');
  if (missing.length > 0) {
    const what = missing.map(({ scope }) => `${scope} (to ${SCOPES[scope]})`).join(', ');
    return check('scopes', 'failed', `The API key lacks ${what}: give it these in n8n.`);
  }
  const doubtful = verdicts.filter(({ verdict }) => verdict === 'unknown');
  if (verdicts.length === 0 || doubtful.length > 0)
    return check('scopes', 'unknown', 'n8n could not be asked what the API key may do.');
  return check(
    'scopes',
    'ok',
    `The API key may do all that Mira does: ${verdicts.map(({ scope }) => scope).join(', ')}.`,
  );
}

/** What of the API the key may use; those that n8n would not say are not among them. */
export function allowedScopes(replies: ReadonlyMap<Scope, N8nReply<unknown>>): Scope[] {
  return [...replies].filter(([, reply]) => verdictOf(reply) === 'allowed').map(([scope]) => scope);
}

function verdictOf(reply: N8nReply<unknown>): 'allowed' | 'forbidden' | 'unknown' {
  if (reply.kind === 'ok') return 'allowed';
  if (reply.fault === 'forbidden') return 'forbidden';
  return ALLOWED_FAULTS.has(reply.fault) ? 'allowed' : 'unknown';
}

const ALLOWED_FAULTS: ReadonlySet<N8nFailure['fault']> = new Set(['not_found', 'refused', 'too_large']);

/** @param aheadMs by how much n8n's clock is before this one; null where n8n told no time */
export function clockCheck(aheadMs: number | null): ConnectionCheck {
  if (aheadMs === null) return check('clock', 'unknown', 'n8n did not tell the time.');
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  if (Math.abs(aheadMs) <= CLOCK_OK_MS) return check('clock', 'ok', "n8n's clock and Mira's agree.");
  const said = `n8n's clock is ${seconds} s ${direction} Mira's`;
  if (Math.abs(aheadMs) <= CLOCK_FAILED_MS) return check('clock', 'ok', `${said}, which does no harm yet.`);
  return check('clock', 'failed', `${said}: whoever verifies Mira's signatures there refuses them. Set both by NTP.`);
}

function check(name: CheckName, status: CheckStatus, detail: string): ConnectionCheck {
  return { name, status, detail };
}
