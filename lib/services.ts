import type { AuditStore } from './audit/audit.ts';
import type { WardenConfig } from './config.ts';
import type { Target, TargetDirectory } from './credentials/credentials.ts';
import type { Database } from './database/database.ts';

/** What the use cases need from outside. Handlers get it from `services()`, a single machine from `local/`. */
export interface Services {
  readonly config: WardenConfig;
  readonly targets: TargetDirectory;
  readonly audit: AuditStore;
  /** Opens the one connection of a call. The caller closes it, whatever happens. */
  readonly open: (target: Target) => Promise<Database>;
}
