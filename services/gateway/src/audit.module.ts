import type { FactoryProvider } from '@nestjs/common';
import { auditSubjects } from './api/audit/audit-subjects.js';
import { AuditTrail } from './api/audit/audit-trail.js';
import { AUDIT_STORE, GATEWAY_PORTS } from './api/tokens.js';
import { AuditKeeping } from './domain/audit/audit-keeping.js';
import { AuditLog } from './domain/audit/audit-log.js';
import type { AuditStore } from './domain/audit/audit-store.js';
import { Checkpoints } from './domain/audit/checkpoints.js';
import { Denials } from './domain/audit/denials.js';
import type { GatewayPorts } from './gateway-ports.js';
import { Identity } from './identity.js';

/** The record of who changed what. */
export const auditProviders: readonly FactoryProvider[] = [
  { provide: AUDIT_STORE, inject: [Identity], useFactory: ({ auditStore }: Identity) => auditStore },
  { provide: AuditLog, inject: [AUDIT_STORE], useFactory: (store: AuditStore) => new AuditLog(store) },
  { provide: Denials, inject: [AuditLog], useFactory: (log: AuditLog) => new Denials(log, Date.now) },
  {
    provide: Checkpoints,
    inject: [Identity, GATEWAY_PORTS],
    useFactory: ({ auditStore, checkpointSigner }: Identity, { files }: GatewayPorts) =>
      new Checkpoints(auditStore, checkpointSigner, files, Date.now),
  },
  {
    provide: AuditKeeping,
    inject: [AUDIT_STORE, AuditLog, Denials, Checkpoints, GATEWAY_PORTS],
    useFactory: (
      store: AuditStore,
      log: AuditLog,
      denials: Denials,
      checkpoints: Checkpoints,
      { auditDays }: GatewayPorts,
    ) => new AuditKeeping(store, log, denials, checkpoints, auditDays, Date.now),
  },
  {
    provide: AuditTrail,
    inject: [AuditLog, Denials, GATEWAY_PORTS, Identity],
    useFactory: (log: AuditLog, denials: Denials, ports: GatewayPorts, identity: Identity) =>
      new AuditTrail(log, denials, auditSubjects(ports, identity), async (email) => {
        return (await identity.people.byEmail(email))?.tenantIds ?? [];
      }),
  },
];
