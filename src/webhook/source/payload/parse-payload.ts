import { headerOf, type ReceivedRequest } from '../received-request';
import { parseContentType } from './content-type';
import { parseForm } from './form';
import { parseJson } from './json';
import { parsed, quoted, unsupported, type ParsedPayload } from './payload';
import { parseText, parseXml } from './text';

const TAKEN = 'JSON, form, text and XML bodies are taken';

/** Holds a body to what its headers say of it. Reads only; the bytes that are stored stay the bytes that came. */
export function parsePayload(request: ReceivedRequest): ParsedPayload {
  const { body } = request;
  const encoding = headerOf(request, 'content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') {
    return unsupported(`Bodies are taken as they are; the Content-Encoding ${quoted(encoding)} is not.`);
  }
  const header = headerOf(request, 'content-type');
  if (header === undefined) {
    if (body.length === 0) return parsed('empty');
    return unsupported(`The request has a body but no Content-Type; ${TAKEN}.`);
  }
  const type = parseContentType(header);
  if (!type) return unsupported(`The Content-Type cannot be read; ${TAKEN}.`);

  switch (formatOf(type.essence)) {
    case 'json':
      return parseJson(body, type.charset);
    case 'form':
      return parseForm(body, type.charset);
    case 'xml':
      return parseXml(body, type.charset);
    case 'text':
      return parseText(body, type.charset);
    case null:
      return unsupported(`The Content-Type ${quoted(type.essence)} is not taken; ${TAKEN}.`);
  }
}

function formatOf(essence: string): 'json' | 'form' | 'text' | 'xml' | null {
  if (essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json')) return 'json';
  if (essence === 'application/x-www-form-urlencoded') return 'form';
  if (essence === 'application/xml' || essence === 'text/xml' || essence.endsWith('+xml')) return 'xml';
  return essence.startsWith('text/') ? 'text' : null;
}
