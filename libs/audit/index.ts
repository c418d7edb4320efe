export { actsOn, type Actor, type AuditAct } from './audit-act';
export { AuditTrail } from './audit-trail';
