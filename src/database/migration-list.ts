import { Tenancy1795300000001 } from './migrations/1795300000001-tenancy';
import { Webhooks1795300000002 } from './migrations/1795300000002-webhooks';
import { RateLimits1795300000003 } from './migrations/1795300000003-rate-limits';
import { Projects1795300000004 } from './migrations/1795300000004-projects';
import { DeletedTenants1795300000009 } from './migrations/1795300000009-deleted-tenants';
import { Identity1795300000011 } from './migrations/1795300000011-identity';
import { Plans1795300000020 } from './migrations/1795300000020-plans';
import { Audit1795300000030 } from './migrations/1795300000030-audit';
import { DeliveryProgress1795300000040 } from './migrations/1795300000040-delivery-progress';
import { Ledger1795300000041 } from './migrations/1795300000041-ledger';
import { LimitAlerts1795300000042 } from './migrations/1795300000042-limit-alerts';
import { HttpIntegrations1795300000055 } from './migrations/1795300000055-http-integrations';
import { Replays1795300000060 } from './migrations/1795300000060-replays';
import { Tasks1795300000070 } from './migrations/1795300000070-tasks';
import { Agents1795300000080 } from './migrations/1795300000080-agents';
import { ServiceLevels1795300000100 } from './migrations/1795300000100-service-levels';
import { TenantScope1795300000090 } from './migrations/1795300000090-tenant-scope';
import { ExecutionOrigin1795300000091 } from './migrations/1795300000091-execution-origin';
import { FairReplays1795300000092 } from './migrations/1795300000092-fair-replays';
import { AttemptingJob1795300000093 } from './migrations/1795300000093-attempting-job';
import { NeutralScope1795300000111 } from './migrations/1795300000111-neutral-scope';
import { AuditOfParts1795300000115 } from './migrations/1795300000115-audit-of-parts';
import { EventTypes1795300000112 } from './migrations/1795300000112-event-types';
import { EventRemovals1795300000113 } from './migrations/1795300000113-event-removals';
import { RouteVersions1795300000110 } from './migrations/1795300000110-route-versions';

/** Every migration, oldest first. A released one is never edited: add another. */
export const migrations = [
  Tenancy1795300000001,
  Webhooks1795300000002,
  RateLimits1795300000003,
  Projects1795300000004,
  DeletedTenants1795300000009,
  Identity1795300000011,
  Plans1795300000020,
  Audit1795300000030,
  DeliveryProgress1795300000040,
  Ledger1795300000041,
  LimitAlerts1795300000042,
  HttpIntegrations1795300000055,
  Replays1795300000060,
  Tasks1795300000070,
  Agents1795300000080,
  TenantScope1795300000090,
  ExecutionOrigin1795300000091,
  FairReplays1795300000092,
  ServiceLevels1795300000100,
  AttemptingJob1795300000093,
  RouteVersions1795300000110,
  NeutralScope1795300000111,
  EventTypes1795300000112,
  EventRemovals1795300000113,
  AuditOfParts1795300000115,
];
