/** What the names of ill targets begin with. */
export const ILL_PREFIX = 'warden_fx_';
