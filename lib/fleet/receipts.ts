/** A message that was received so often in vain goes to the dead-letter queue. */
export const MAX_RECEIPTS = 5;

const FIRST_SECONDS = 10;
const MOST_SECONDS = 300;

/** Seconds until a message is received again that has been received so often, this time included; its target's others wait too. */
export const backoff = (receipts: number): number => Math.min(FIRST_SECONDS * 2 ** (receipts - 1), MOST_SECONDS);
