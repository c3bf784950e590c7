import * as official from './parts.ts';

/** Our code on AWS's clients. */
export type Parts = typeof official;

export async function bothClients(): Promise<readonly { readonly clients: string; readonly aws: Parts }[]> {
  return [{ clients: 'the official clients', aws: official }];
}

/** Where an emulator is, and who asks it: nobody. */
export const atEmulator = (endpoint = 'http://127.0.0.1:1') => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
