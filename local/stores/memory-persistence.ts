import {
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  IdempotencyRecordStatus,
} from '@aws-lambda-powertools/idempotency';
import { BasePersistenceLayer, type IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence';

/** Keys of idempotent requests in this process's memory: they end with it, as one machine's demonstration may. */
class MemoryPersistence extends BasePersistenceLayer {
  readonly #records = new Map<string, IdempotencyRecord>();

  protected async _putRecord(record: IdempotencyRecord): Promise<void> {
    const found = this.#records.get(record.idempotencyKey);
    if (found !== undefined && !isOver(found)) throw new IdempotencyItemAlreadyExistsError('it exists', found);
    this.#records.set(record.idempotencyKey, record);
  }

  protected async _getRecord(key: string): Promise<IdempotencyRecord> {
    const found = this.#records.get(key);
    if (found === undefined) throw new IdempotencyItemNotFoundError();
    return found;
  }

  protected async _updateRecord(record: IdempotencyRecord): Promise<void> {
    this.#records.set(record.idempotencyKey, record);
    for (const [key, other] of this.#records) if (isOver(other)) this.#records.delete(key);
  }

  protected async _deleteRecord(record: IdempotencyRecord): Promise<void> {
    this.#records.delete(record.idempotencyKey);
  }
}

const isOver = (record: IdempotencyRecord): boolean =>
  record.isExpired() ||
  (record.getStatus() === IdempotencyRecordStatus.INPROGRESS &&
    (record.inProgressExpiryTimestamp ?? Number.POSITIVE_INFINITY) < Date.now());

/** A layer for `createIdempotency` on one machine. */
export const createMemoryPersistence = (): BasePersistenceLayer => new MemoryPersistence();
