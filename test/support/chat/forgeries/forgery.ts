import type { good, Request } from '../a-receiver.ts';

/** A function that receives. */
export type Name = keyof typeof good;

/** What is wrong, at whom, the request, and its sender where that is not the usual one. */
export type Forgery = readonly [what: string, name: Name, request: () => Request, source?: string];

/** The same JSON in other bytes than were signed. */
export const reencoded = (request: Request): Request => ({
  ...request,
  body: JSON.stringify(JSON.parse(request.body), null, 1),
});

/** A request's ID. */
export const ID = 'a'.repeat(22);
