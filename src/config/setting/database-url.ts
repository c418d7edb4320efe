const HIDDEN = '(hidden)';

/** Stands in for the host of `postgres://user:password@/database?host=/a/socket/folder`, which URL does not know. */
const NO_HOST = 'no-host.invalid';

/** One of which not all have to be there: several hosts, each with its port, with commas between them, as libpq has it. */
const SEVERAL_HOSTS = /^(postgres(?:ql)?:\/\/(?:[^/?#@]*@)?)([^/?#@,]*(?:,[^/?#@,]*)+)((?:[/?].*)?)$/s;

/** Which of the servers is wanted. Mira writes, so that whatever is said it is the one that takes writes. */
const WANTED = 'target_session_attrs';
const WANTED_VALUES: readonly string[] = ['any', 'primary', 'read-write'];

/**
 * Whether a text is a PostgreSQL URL of which one can tell the password from the rest. A password with a bare `/`,
 * `?`, `#` or `@` would be read as something else, so it could neither work nor be hidden.
 */
export function isDatabaseUrl(text: string): boolean {
  return serverUrls(text) !== null;
}

/** A URL of each server that the text names, in its order, one at least; null where it is no PostgreSQL URL. */
export function serverUrls(text: string): readonly string[] | null {
  const [, start = '', hosts, end = ''] = SEVERAL_HOSTS.exec(text) ?? [];
  const texts = hosts === undefined ? [text] : hosts.split(',').map((host) => (host === '' ? '' : start + host + end));
  const urls = texts.map(parse);
  if (!urls.every((url) => url !== undefined)) return null;
  const wanted = urls[0]?.searchParams.get(WANTED) ?? 'any';
  return WANTED_VALUES.includes(wanted) ? texts.map(withoutWanted) : null;
}

/** The driver knows nothing of it. */
function withoutWanted(text: string): string {
  const [address = '', query = ''] = text.split('?', 2);
  const kept = query.split('&').filter((setting) => setting !== '' && !setting.startsWith(`${WANTED}=`));
  return kept.length === 0 ? address : `${address}?${kept.join('&')}`;
}

/** The URL with every password in it replaced, to be shown. */
export function withoutPassword(text: string): string {
  const [, start = '', hosts = null, end = ''] = SEVERAL_HOSTS.exec(text) ?? [];
  const url = parse(hosts === null ? text : `${start}${NO_HOST}${end}`);
  if (url === undefined || !isDatabaseUrl(text)) return HIDDEN;
  const credentials = url.password === '' ? url.username : `${url.username}:${HIDDEN}`;
  const query = [...url.searchParams].map(([name, value]) => {
    return `${name}=${/pass|secret|key/i.test(name) ? HIDDEN : value}`;
  });
  return [
    `${url.protocol}//`,
    credentials === '' ? '' : `${credentials}@`,
    hosts ?? (url.host === NO_HOST ? '' : url.host),
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
