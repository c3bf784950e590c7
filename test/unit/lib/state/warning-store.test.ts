import { memoryWarningStore } from '../../../../lib/state/warning-store.ts';
import { warningStoreContract } from '../../../contract/warning-store.contract.ts';

warningStoreContract('memory', async (now) => memoryWarningStore(now));
