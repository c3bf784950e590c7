import { createServer } from 'node:http';
import { forward } from '../aws/faulty-dynamodb.ts';

/** A door before DynamoDB that lets everything through, except that it never answers this operation on this table. */
export async function holdingBack(dynamodb: string, operation: string, table = '') {
  const { promise: held, resolve } = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (String(request.headers['x-amz-target']).endsWith(`.${operation}`) && body.includes(table)) return resolve();
    const { status, headers, text } = await forward(dynamodb, request, body);
    response.writeHead(status, headers).end(text);
  });
  await new Promise<void>((resolve_) => server.listen(0, '127.0.0.1', resolve_));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    held,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
