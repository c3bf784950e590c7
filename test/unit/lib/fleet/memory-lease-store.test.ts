import { createMemoryLeaseStore } from '../../../../lib/fleet/memory-lease-store.ts';
import { leaseStoreContract } from '../../../contract/lease-store.contract.ts';

leaseStoreContract('memory', async (now) => createMemoryLeaseStore(now));
