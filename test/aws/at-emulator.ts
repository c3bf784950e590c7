/** Where an emulator is, and who asks it: nobody. */
export const atEmulator = (endpoint = 'http://127.0.0.1:1') => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
