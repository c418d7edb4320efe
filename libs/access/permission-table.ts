import { ALL_PERMISSIONS, PERMISSIONS, permissionsOfRole, ROLES } from './permissions';

/** Who may do what, as a table in Markdown: a row for each permission, a column for each role. */
export function permissionTable(): string {
  const rows = ALL_PERMISSIONS.map((permission) => [
    `\`${permission}\``,
    PERMISSIONS[permission].description,
    ...ROLES.map((role) => (permissionsOfRole(role).has(permission) ? 'x' : '')),
  ]);
  return [['Permission', 'What it lets one do', ...ROLES], Array<string>(ROLES.length + 2).fill('---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
