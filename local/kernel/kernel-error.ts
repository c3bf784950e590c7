const ALTERNATIVES = `Instead of the embedded OceanBase kernel you can use a server of your own (OceanBase, MySQL or MariaDB):
  DATABASE_URL=mysql://user:password@host:3306 npm start`;

/** The kernel cannot be had or run on this machine. The message is for the person at the terminal and says what else works. */
export class KernelError extends Error {
  override readonly name = 'KernelError';

  constructor(problem: string, options?: ErrorOptions) {
    super(`${problem}\n${ALTERNATIVES}`, options);
  }
}
