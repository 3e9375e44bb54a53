import { MemoryPartitionLeases } from '../../infra/memory-partition-leases.js';
import { describePartitionLeases } from './partition-leases.contract.js';

describePartitionLeases('in memory (the fake)', async () => new MemoryPartitionLeases(() => 1_000));
