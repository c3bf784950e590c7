import { createIdempotency } from '../../../../lib/state/idempotency.ts';
import { createMemoryPersistence } from '../../../../local/stores/memory-persistence.ts';
import { idempotencyContract } from '../../../contract/idempotency.contract.ts';

idempotencyContract('memory', async () => createIdempotency(async () => createMemoryPersistence()));
