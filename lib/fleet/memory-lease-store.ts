import type { Lease, LeaseStore } from './lease.ts';

/** Leases within one process. */
export function createMemoryLeaseStore(now: () => number = Date.now): LeaseStore {
  const held = new Map<string, { readonly owner: symbol; readonly until: number }>();

  const hold = (name: string, owner: symbol, seconds: number): Lease => {
    const until = now() + seconds * 1000;
    held.set(name, { owner, until });
    return {
      name,
      until,
      renew: async (more) => {
        const holder = held.get(name);
        return holder?.owner === owner && holder.until > now() ? hold(name, owner, more) : undefined;
      },
      release: async () => {
        if (held.get(name)?.owner === owner) held.delete(name);
      },
    };
  };
  return {
    isHeld: async (name) => (held.get(name)?.until ?? 0) > now(),
    acquire: async (name, seconds) => {
      const holder = held.get(name);
      return holder !== undefined && holder.until > now() ? undefined : hold(name, Symbol(name), seconds);
    },
  };
}
