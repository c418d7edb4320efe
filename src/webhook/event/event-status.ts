/**
 * What became of an event, by its deliveries: it has none; some are under way; none are, and at least one is dead; none
 * is, and the execution of at least one failed; all went well, as far as is known.
 */
export const EVENT_STATUSES = ['unrouted', 'pending', 'dead', 'failed', 'delivered'] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** The same in SQL, over the deliveries `d` of one event. */
export const STATUS_OF_DELIVERIES = `
  CASE
    WHEN count(*) = 0 THEN 'unrouted'
    WHEN bool_or(d.status IN ('queued', 'held', 'running') OR d.confirm_at IS NOT NULL) THEN 'pending'
    WHEN bool_or(d.status IN ('dead', 'set_aside')) THEN 'dead'
    WHEN bool_or(d.status = 'failed') THEN 'failed'
    ELSE 'delivered'
  END`;

/**
 * What a delivery of an event with this status must look like, where few do: it lets the search begin at the index
 * of deliveries that are not delivered instead of at all events. Literals, so that the planner knows the index fits.
 */
export const NARROWING: Readonly<Record<EventStatus, string | null>> = {
  unrouted: null,
  pending: `(status IN ('queued', 'held', 'running') OR confirm_at IS NOT NULL)`,
  dead: `status IN ('dead', 'set_aside')`,
  failed: `status = 'failed'`,
  delivered: null,
};
