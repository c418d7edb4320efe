const MAX_HEADERS = 20;
/** Names and values together; the usual web server takes about as much for all headers of a request. */
const MAX_CHARACTERS = 8_192;
/** A token of RFC 9110, 5.6.2, that begins with a letter or a digit. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9!#$%&'*+.^_`|~-]{0,99}$/;
/** Visible ASCII, with spaces inside only. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Those of the connection, which are between this machine and the next one. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Those that Mira says by itself of each request. */
const OF_MIRA = new Set([
  'accept-encoding',
  'content-encoding',
  'content-length',
  'content-type',
  'traceparent',
  'user-agent',
]);
const PREFIXES_OF_MIRA = ['webhook-', 'x-mira-'];

/** What is wrong with headers that somebody gives for all requests to a receiver, or null. Repeats no value. */
export function staticHeadersFault(headers: unknown): string | null {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    return 'must be an object of names and values, such as {"authorization": "Bearer …"}';
  }
  const entries: [string, unknown][] = Object.entries(headers);
  if (entries.length > MAX_HEADERS) return `must have at most ${MAX_HEADERS} headers`;
  const seen = new Set<string>();
  let characters = 0;
  for (const [name, value] of entries) {
    const fault = nameFault(name, seen) ?? valueFault(name, value);
    if (fault !== null) return fault;
    seen.add(name.toLowerCase());
    characters += name.length + String(value).length;
  }
  return characters <= MAX_CHARACTERS ? null : `must have at most ${MAX_CHARACTERS} characters together`;
}

function nameFault(name: string, seen: ReadonlySet<string>): string | null {
  if (!NAME.test(name)) {
    return `has ${JSON.stringify(name.slice(0, 50))}, which is no name of a header: 1 to 100 letters, digits and -`;
  }
  const lower = name.toLowerCase();
  if (seen.has(lower)) return `has ${lower} twice: the case of a name does not matter`;
  if (OF_THE_CONNECTION.has(lower)) return `must not have ${lower}, which belongs to the connection`;
  if (OF_MIRA.has(lower) || PREFIXES_OF_MIRA.some((prefix) => lower.startsWith(prefix))) {
    return `must not have ${lower}, which Mira sets itself`;
  }
  return null;
}

function valueFault(name: string, value: unknown): string | null {
  if (typeof value === 'string' && VALUE.test(value)) return null;
  return `must have a text of visible ASCII characters for ${name}, without spaces at its ends`;
}
