import { safeMask } from './mask-session.ts';

/** A statement without its literals, in one case and spacing: the same for all executions of one statement. Not for show. */
export const fingerprintOf = (text: string): string => safeMask(text).toLowerCase();
