export interface ContentType {
  /** type and subtype in lower case, without parameters */
  readonly essence: string;
  /** in lower case; undefined where the sender makes no claim */
  readonly charset: string | undefined;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9a-z-]+";
const ESSENCE = new RegExp(`^${TOKEN}/${TOKEN}(?=[ \\t]*(?:;|$))`);
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)"))?`, 'y');

/** Reads a Content-Type header (RFC 9110, 8.3). Null where it breaks the grammar or claims two charsets. */
export function parseContentType(header: string): ContentType | null {
  const text = header.trim().toLowerCase();
  const essence = ESSENCE.exec(text)?.[0];
  if (essence === undefined) return null;

  let charset: string | undefined;
  PARAMETER.lastIndex = essence.length;
  while (PARAMETER.lastIndex < text.length) {
    const match = PARAMETER.exec(text);
    if (!match) return null;
    if (match[1] !== 'charset') continue;
    const claimed = match[2] ?? (match[3] ?? '').replace(/\\(.)/g, '$1');
    if (charset !== undefined && charset !== claimed) return null;
    charset = claimed;
  }
  return { essence, charset };
}
