import { problems } from '@mira/problem';
import type { RequestHandler } from 'express';
import { rawBodyOf } from './webhook/ingest/raw-body';
import { parseContentType } from './webhook/source/payload/content-type';
import { parseJson } from './webhook/source/payload/json';

const WANTED = 'A request of this interface carries JSON (application/json), not compressed.';

/**
 * Reads the JSON object of a management request, by the rules that webhooks are held to: what is nested too deep would
 * overflow the stack of whatever walks through it later. Takes the bytes that `keepRawBody` left.
 */
export const readApiBody: RequestHandler = (request, _response, next) => {
  const bytes = rawBodyOf(request);
  request.body = bytes.length === 0 ? undefined : objectOf(bytes, request.headers);
  next();
};

function objectOf(bytes: Buffer, headers: Readonly<Record<string, unknown>>): object {
  const { 'content-type': contentType = '', 'content-encoding': encoding = 'identity' } = headers;
  const type = parseContentType(String(contentType));
  if (!type || !isJson(type.essence) || String(encoding).trim().toLowerCase() !== 'identity') {
    throw problems.unsupportedMediaType(WANTED);
  }
  const parsed = parseJson(bytes, type.charset);
  if (parsed.kind === 'unsupported') throw problems.unsupportedMediaType(parsed.detail);
  if (parsed.kind === 'malformed') throw problems.malformedBody(parsed.detail);
  const { value } = parsed.payload;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw problems.malformedBody('The body has to be a JSON object.');
}

function isJson(essence: string): boolean {
  return essence === 'application/json' || essence.endsWith('+json');
}
