import { asked, type Call, type CommonOptions, type ExitCode, onTarget, printJson } from '../call.ts';
import { print } from '../terminal.ts';
import { counted } from '../view/session-table.ts';
import { codeOf, followed, remarks, victimTable } from './kill-many.ts';

/** Options of `warden reap`. */
export interface ReapOptions extends CommonOptions {
  readonly enforce?: boolean;
}

/** `warden reap NAME`: runs a rule of warden.yaml now; without `--enforce` it ends nothing. */
export async function reap(call: Call<ReapOptions>, reaper: string): Promise<ExitCode> {
  const { enforce = false, json } = call.options;
  const body = { reaper, dryRun: !enforce };
  const params = { path: onTarget(call) };
  const { body: answer, data } = await asked(call, (api) => api.POST('/targets/{target}/reaps', { params, body }));
  if (json) printJson(call.world, answer);
  else {
    const victims = `${counted(data.victims.length, 'victim')} of ${counted(data.sessions, 'session')}`;
    print(call.world, [...victimTable(call, data, enforce), victims, ...remarks(data)]);
    if (enforce) print(call.world, await followed(call, data));
  }
  return codeOf(data);
}
