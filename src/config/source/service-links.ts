/**
 * Kubernetes tells every container of the services in its namespace by variables named after them. For a service
 * called `mira` or `mira-webhook` these look like settings of Mira (`MIRA_WEBHOOK_PORT=tcp://10.0.0.7:5000`)
 * though nobody set anything.
 *
 * @returns the names of those variables
 */
export function serviceLinks(env: Readonly<Record<string, string | undefined>>): Set<string> {
  const links = new Set<string>();
  for (const name of Object.keys(env)) {
    const service = /^(MIRA(?:_[A-Z0-9_]+)?)_SERVICE_HOST$/.exec(name)?.[1];
    if (service === undefined || env[`${service}_SERVICE_PORT`] === undefined) continue;
    for (const other of Object.keys(env)) {
      if (isLinkOf(service, other, env[other] ?? '')) links.add(other);
    }
  }
  return links;
}

function isLinkOf(service: string, name: string, value: string): boolean {
  if (!name.startsWith(`${service}_`)) return false;
  const rest = name.slice(service.length + 1);
  if (rest === 'PORT') return /^(tcp|udp|sctp):\/\//.test(value);
  return /^(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(rest);
}
