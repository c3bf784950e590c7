/** A start that cannot be: the message is for the person at the terminal, and all that is to be said. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
