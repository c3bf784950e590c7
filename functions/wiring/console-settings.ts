import { parseSignIn } from '../../lib/http/console.ts';
import { loadOnce, named } from './environment.ts';

/** How people sign in to the console, from `CONSOLE_SIGN_IN`. @throws AppError `configuration-invalid` */
export const consoleSettings = loadOnce(async (env) => parseSignIn(named(env, 'CONSOLE_SIGN_IN')));
