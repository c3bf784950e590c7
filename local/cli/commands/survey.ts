import { targetsFromEnvironment } from '../../../lib/targets/database-url.ts';
import { onTarget } from '../../../lib/targets/with-target.ts';
import { servicesHere } from '../api/in-process.ts';
import { type Call, targetOf } from '../call.ts';
import { UsageError } from '../help.ts';

/** How an OceanBase cluster is built, for a report: versions, columns, kinds of IDs, limits. @throws UsageError, AppError */
export async function survey(call: Call): Promise<unknown> {
  const { env } = call.world;
  if (call.options.api || env['WARDEN_API'] || !(env['DATABASE_URL'] || env['TARGETS']))
    throw new UsageError('--oceanbase reads the database itself: set DATABASE_URL, and no --api');
  const services = servicesHere(env, targetsFromEnvironment(env));
  try {
    return await onTarget(services, { target: targetOf(call) }, (database) => database.survey());
  } finally {
    services.close();
  }
}
