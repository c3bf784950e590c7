import { createIdempotency } from '../../../lib/idempotency/powertools.ts';
import { createMemoryPersistence } from '../../../local/memory-persistence.ts';
import { idempotencyContract } from '../../contract/idempotency.contract.ts';

idempotencyContract('memory', async () => createIdempotency(async () => createMemoryPersistence()));
