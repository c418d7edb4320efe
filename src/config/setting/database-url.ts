const HIDDEN = '(hidden)';

/** Stands in for the host of `postgres://user:password@/database?host=/a/socket/folder`, which URL does not know. */
const NO_HOST = 'no-host.invalid';

/**
 * Whether a text is a PostgreSQL URL of which one can tell the password from the rest. A password with a bare `/`,
 * `?`, `#` or `@` would be read as something else, so it could neither work nor be hidden.
 */
export function isDatabaseUrl(text: string): boolean {
  return parse(text) !== undefined;
}

/** The URL with every password in it replaced, to be shown. */
export function withoutPassword(text: string): string {
  const url = parse(text);
  if (url === undefined) return HIDDEN;
  const credentials = url.password === '' ? url.username : `${url.username}:${HIDDEN}`;
  const query = [...url.searchParams].map(([name, value]) => {
    return `${name}=${/pass|secret|key/i.test(name) ? HIDDEN : value}`;
  });
  return [
    `${url.protocol}//`,
    credentials === '' ? '' : `${credentials}@`,
    url.host === NO_HOST ? '' : url.host,
    url.pathname,
    query.length === 0 ? '' : `?${query.join('&')}`,
  ].join('');
}

function parse(text: string): URL | undefined {
  if (!/^postgres(ql)?:\/\/./.test(text) || /\s/.test(text)) return undefined;
  const url = URL.parse(text.replace('@/', `@${NO_HOST}/`));
  const isClear = url !== null && url.hash === '' && !`${url.pathname}${url.search}`.includes('@');
  return isClear ? url : undefined;
}
