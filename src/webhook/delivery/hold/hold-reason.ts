/**
 * Why a receiver takes nothing at the moment, through no fault of what is sent.
 *
 * - `not_registered`: n8n has no such webhook now: the workflow is not active, or n8n has just started
 * - `starting`: n8n answers, but takes no webhooks yet
 * - `unreachable`: there is no connection to it
 * - `overloaded`: it failed so often in a row that more would only make it worse
 */
export const HOLD_REASONS = ['not_registered', 'starting', 'unreachable', 'overloaded'] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/** What a hold keeps back: the deliveries of one route, or of all routes to one integration. */
export const HOLD_SCOPES = ['route', 'integration'] as const;
export type HoldScope = (typeof HOLD_SCOPES)[number];

/** What else a delivery may be held for: its plan, somebody who paused its route, those before it. */
export const HELD_FOR = [...HOLD_REASONS, 'workflow_quota', 'route_paused', 'order'] as const;

/** The same for SQL: none of them has a quote in it. */
export const HOLD_REASONS_SQL = HOLD_REASONS.map((reason) => `'${reason}'`).join(', ');
