import { randomUUID } from 'node:crypto';
import { FailureError } from '@treadle/failure';

export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

/** Calls may throw FailureError `unavailable`. */
export interface OrganisationStore {
  get(tenantId: string): Promise<Organisation | undefined>;
  rename(tenantId: string, name: string): Promise<Organisation | undefined>;
  create(id: string, name: string): Promise<Organisation>;
}

export class Organisations {
  constructor(private readonly store: OrganisationStore) {}

  async get(tenantId: string): Promise<Organisation> {
    return (await this.store.get(tenantId)) ?? gone(tenantId);
  }

  async rename(tenantId: string, name: string): Promise<Organisation> {
    return (await this.store.rename(tenantId, name)) ?? gone(tenantId);
  }

  create(name: string): Promise<Organisation> {
    return this.store.create(randomUUID(), name);
  }
}

function gone(tenantId: string): never {
  throw FailureError.of('not_found', `There is no organisation ${tenantId}.`);
}
