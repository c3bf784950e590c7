import { describe, expect, it } from 'vitest';
import { createHandler as getSession } from '../../../../functions/get-session.ts';
import { createHandler as listSessions } from '../../../../functions/list-sessions.ts';
import { readRequest } from '../../../../lib/http/request.ts';
import { principalFromAuthorizer } from '../../../../lib/privileges/principal.ts';
import { bodyOf } from '../../../support/http-event.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';

/** An event of payload 1.0, as a REST API with IAM sends it. */
const anEvent = (over: Readonly<Record<string, unknown>> = {}) => ({
  resource: '/targets/{target}/sessions',
  path: '/targets/a/sessions',
  httpMethod: 'GET',
  headers: { Host: 'api', 'If-Match': '"t"' },
  multiValueHeaders: { Host: ['api'] },
  queryStringParameters: { user: 'app é' },
  multiValueQueryStringParameters: { user: ['app é'] },
  pathParameters: { target: 'a%2Fb' },
  requestContext: {
    requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    identity: {
      userArn: 'arn:aws:sts::111122223333:assumed-role/dba/ada',
      accountId: '111122223333',
      sourceIp: '10.0.0.7',
    },
  },
  body: null,
  isBase64Encoded: false,
  ...over,
});

describe('an event of a REST API', () => {
  it('is read as one of an HTTP API is', () => {
    const request = readRequest(anEvent());
    expect(request).toMatchObject({
      requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      path: '/targets/a/sessions',
      pathParameters: { target: 'a/b' },
      rawQuery: 'user=app%20%C3%A9',
      headers: { host: 'api', 'if-match': '"t"' },
      body: '',
      isBase64: false,
    });
    expect(principalFromAuthorizer(request.authorizer)).toMatchObject({
      source: 'iam',
      subject: 'arn:aws:iam::111122223333:role/dba',
    });
  });

  it('has no one where the gateway verified no one, whatever an authorizer is said to say', () => {
    const claims = { sub: 'root', groups: '[dba]' };
    const requestContext = { identity: { userArn: null }, authorizer: { jwt: { claims }, iam: { userArn: 'x' } } };
    expect(readRequest(anEvent({ requestContext })).authorizer).toBeUndefined();
  });

  it('is not what an HTTP API sent', () => {
    const event = { ...anEvent(), version: '2.0', rawPath: '/here', requestContext: { authorizer: { jwt: {} } } };
    expect(readRequest(event)).toMatchObject({ path: '/here', authorizer: { jwt: {} } });
  });

  it('with a parameter twice is refused, as elsewhere', async () => {
    const { services } = scriptedServices('access: []', {});
    const event = anEvent({ multiValueQueryStringParameters: { user: ['a', 'b'] } });
    expect(bodyOf(await listSessions(async () => services)(event))).toMatchObject({ code: 'request-invalid' });
  });

  it('is answered in a form that a REST API takes: status, headers, body', async () => {
    const { services } = scriptedServices('access: []', {});
    const query = { queryStringParameters: null, multiValueQueryStringParameters: null };
    const event = anEvent({ pathParameters: { target: 'local', id: '42' }, headers: {}, ...query });
    const answer = await getSession(async () => services)(event);
    expect(bodyOf(answer)).toMatchObject({ code: 'target-not-found' });
    expect(Object.keys(answer).sort()).toEqual(['body', 'headers', 'statusCode']);
  });
});
