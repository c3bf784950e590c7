/**
 * A `fetch` that takes every request for `https://host/path` to `base/host/path`: so a stand-in on this machine plays the
 * chat platforms, while all that is checked of an address is checked of the real one.
 */
export const routedFetch =
  (base: string): typeof globalThis.fetch =>
  (input, init) => {
    const { host, pathname, search } = new URL(String(input));
    return fetch(`${base}/${host}${pathname}${search}`, init);
  };
