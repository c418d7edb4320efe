import type { Request } from 'express';

/** A webhook as it came over HTTP, and where it was sent to. */
export type SentRequest = Request<{ service: string; endpoint_id?: string }>;
