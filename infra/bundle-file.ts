/** The name of a bundle's first file; its export `handler` is what Lambda calls. */
export const BUNDLE_FILE = 'index.mjs';
