export { AccessCheck, type AccessQuestion, type AccessVerdict, type DecidedBy } from './access-check';
export { AccessLease } from './access-lease';
export { Authenticator, type Authentication } from './authenticator';
export { accessOf, Allow, Public, SignedIn, type Access, type AccessDecorator } from './access.decorators';
export { CrossingLog, type Crossing } from './crossing-log';
export { CurrentPrincipal } from './current-principal.decorator';
export { permissionTable } from './permission-table';
export {
  ALL_PERMISSIONS,
  isPermission,
  isRole,
  PERMISSIONS,
  permissionsOfRole,
  ROLES,
  type Permission,
  type PermissionEntry,
  type Role,
} from './permissions';
export { missingPermissions, principalOf, setPrincipal, type Principal } from './principal';
