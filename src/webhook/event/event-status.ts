/**
 * What became of an event, by its deliveries: it has none; some are yet to come (queued or held); none are, and at
 * least one is dead; all are delivered.
 */
export const EVENT_STATUSES = ['unrouted', 'pending', 'dead', 'delivered'] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** The same in SQL, over the deliveries `d` of one event. */
export const STATUS_OF_DELIVERIES = `
  CASE
    WHEN count(*) = 0 THEN 'unrouted'
    WHEN bool_or(d.status IN ('queued', 'held')) THEN 'pending'
    WHEN bool_or(d.status = 'dead') THEN 'dead'
    ELSE 'delivered'
  END`;

/**
 * What a delivery of an event with this status must look like, where few do: it lets the search begin at the index
 * of deliveries that are not delivered instead of at all events. Literals, so that the planner knows the index fits.
 */
export const NARROWING: Readonly<Record<EventStatus, string | null>> = {
  unrouted: null,
  pending: `status IN ('queued', 'held')`,
  dead: `status = 'dead'`,
  delivered: null,
};
