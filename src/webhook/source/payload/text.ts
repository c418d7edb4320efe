import { isAscii } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { malformed, parsed, quoted, unsupported, type ParsedPayload } from './payload';

/** A decoder of a charset, or what to answer a sender who names one that nobody knows. */
export function decoderOf(charset: string): TextDecoder | ParsedPayload {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  } catch {
    return unsupported(`The charset ${quoted(charset)} is not known.`);
  }
}

/** Bytes as text of a charset, or what to answer. TextDecoder reads us-ascii as windows-1252, so that one is checked. */
export function decodeText(body: Buffer, charset: string): string | ParsedPayload {
  const decoder = decoderOf(charset);
  if (!(decoder instanceof TextDecoder)) return decoder;
  try {
    if (charset !== 'us-ascii' || isAscii(body)) return decoder.decode(body);
  } catch {
    // answered below: the bytes are not of that charset
  }
  return malformed(`The body is not valid ${quoted(charset)}.`);
}

/** Text is held to the charset that it claims. Without a claim any bytes will do: they are stored as they came. */
export function parseText(body: Buffer, charset: string | undefined): ParsedPayload {
  if (charset === undefined) return parsed('text');
  const text = decodeText(body, charset);
  return typeof text === 'string' ? parsed('text') : text;
}

/**
 * XML is carried, not parsed: an XML parser on bytes from outside is a risk that routing by event type does not need.
 * Only what any XML has is asked for: after a byte order mark and white space there is a `<`.
 */
export function parseXml(body: Buffer, charset: string | undefined): ParsedPayload {
  const text = decodeText(body, charset ?? charsetOfXml(body));
  if (typeof text !== 'string') return text;
  return /^\uFEFF?[ \t\r\n]*</.test(text) ? parsed('xml') : malformed('The body is not XML: it must begin with "<".');
}

/** Without a charset parameter a byte order mark decides; else the document names its encoding by itself, in which
 * its start is ASCII. */
function charsetOfXml(body: Buffer): string {
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
  return 'latin1';
}
