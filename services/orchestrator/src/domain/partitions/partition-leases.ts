/** Partitions and the fences they are owned under. */
export type OwnedPartitions = ReadonlyMap<number, number>;

/**
 * Who owns which partition, in Postgres and by its clock. A partition's fence rises with every change of owner, and every write
 * names the fence it was made under, so a former owner's writes are refused.
 */
export interface PartitionLeases {
  /** Keeps this replica and its leases alive; says what it still owns and how many replicas live, this one included. */
  renew(replica: string, leaseMs: number): Promise<{ owned: OwnedPartitions; replicas: number }>;
  /** Takes up to `count` partitions that nobody holds; with `force`, whoever holds them. Gives those newly taken. */
  acquire(replica: string, count: number, leaseMs: number, force: boolean): Promise<OwnedPartitions>;
  /** Gives partitions up at once, so that others need not wait for the lease to run out. */
  release(replica: string, partitions: readonly number[]): Promise<void>;
  /** Takes this replica off the list and gives up all it owns. */
  leave(replica: string): Promise<void>;
}
