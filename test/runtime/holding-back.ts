import { createServer } from 'node:http';

/** A door before DynamoDB that lets everything through, except that it never answers this operation on this table. */
export async function holdingBack(dynamodb: string, operation: string, table = '') {
  const { promise: held, resolve } = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (String(request.headers['x-amz-target']).endsWith(`.${operation}`) && body.includes(table)) return resolve();
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers))
      if (typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name))
        headers.set(name, value);
    const answer = await fetch(dynamodb, { method: 'POST', headers, body });
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(Buffer.from(await answer.arrayBuffer()));
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
