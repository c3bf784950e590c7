import { describe, expect, it } from 'vitest';
import { ARNS, accountOf } from '../runtime/policies/account.ts';
import { needsOf } from '../runtime/policies/needs.ts';
import { decide, type Need, type Statement } from '../runtime/policies/policy.ts';
import { statementsOfRole } from './permissions.ts';
import { functionsOf } from './resources.ts';
import { synthesize } from './synthesize.ts';

const template = synthesize().template();
const account = accountOf(template, 'http://127.0.0.1:1');
const functions = functionsOf(template);
const [[audit], [state]] = ['Audit', 'State'].map(
  (part) => account.all('AWS::DynamoDB::Table').find(([name]) => name.includes(part)) ?? [''],
) as [[string], [string]];

/** What becomes of a call of DynamoDB that a function makes, part by part. */
function callOf(name: string, operation: string, body: object): readonly boolean[] {
  const role = functions.get(name)?.Properties.Role['Fn::GetAtt'][0];
  const statements = account.resolveAll(statementsOfRole(template, role)) as readonly Statement[];
  const needs = needsOf('dynamodb', '/', operation, JSON.stringify(body), ARNS);
  return needs.map((need) => 'by' in decide(statements, need));
}

const item = (id: string, ...others: readonly string[]) =>
  Object.fromEntries(['id', ...others].map((name) => [name, { S: name === 'id' ? id : 'x' }]));

describe('the simulated policies of a role', () => {
  it('let a kill write intents, one or many, with their own attributes, and be told of nothing that stood there', () => {
    const put = (more: object, ...names: readonly string[]) => ({
      TableName: audit,
      Item: item('1', 'target', ...names),
      ConditionExpression: 'attribute_not_exists(id)',
      ...more,
    });
    const of = (body: object) => callOf('kill-connection', 'PutItem', body);
    expect(of(put({}))).toEqual([true]);
    expect(of(put({ ReturnValues: 'NONE' }))).toEqual([true]);
    expect(of(put({ ReturnValues: 'ALL_OLD' }))).toEqual([false]);
    expect(of(put({}, 'outcome'))).toEqual([false]);
    expect(of(put({ ConditionExpression: '#o = :o', ExpressionAttributeNames: { '#o': 'outcome' } }))).toEqual([false]);
    const both = { TransactItems: [{ Put: put({}) }, { Put: put({}, 'outcome') }, { Delete: { ...put({}) } }] };
    expect(callOf('kill-sessions', 'TransactWriteItems', both)).toEqual([true, false, false]);
  });

  it('open no item of the state table that is not the function’s own, and no request without a key', () => {
    const get = (...ids: readonly string[]) => ({ RequestItems: { [state]: { Keys: ids.map((id) => item(id)) } } });
    expect(callOf('reap-target', 'BatchGetItem', get('warning#1', 'warning#2'))).toEqual([true]);
    expect(callOf('reap-target', 'BatchGetItem', get('warning#1', 'request#2'))).toEqual([false]);
    expect(callOf('reap-target', 'BatchGetItem', get())).toEqual([false]);
    expect(callOf('show-stop', 'GetItem', { TableName: state, Key: item('stop') })).toEqual([true]);
    expect(callOf('show-stop', 'PutItem', { TableName: state, Item: item('stop') })).toEqual([false]);
    expect(callOf('resume-kills', 'PutItem', { TableName: state, Item: item('stop') })).toEqual([false]);
  });

  it('know no operation that they do not know', () => {
    expect(() => callOf('list-audit', 'Scan', { TableName: audit })).toThrow('not known here: dynamodb:Scan');
  });
});

describe('a decision', () => {
  const need: Need = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', context: { 'kms:ViaService': ['s3'] } };
  const allow = (Condition: Statement['Condition'] = {}, more: object = {}): Statement => ({
    Effect: 'Allow',
    Action: 's3:Get*',
    Resource: 'arn:aws:s3:::b/?',
    Condition,
    ...more,
  });
  const isAllowed = (...statements: readonly Statement[]) => 'by' in decide(statements, need);

  it.each([
    ['a statement that matches', [allow()], true],
    ['a condition that holds', [allow({ StringEquals: { 'kms:ViaService': ['sqs', 's3'] } })], true],
    ['a condition that does not', [allow({ StringEquals: { 'kms:ViaService': 'sqs' } })], false],
    ['an operator that is not known', [allow({ StringNotEquals: { 'kms:ViaService': 'sqs' } })], false],
    ['a key that is not known', [allow({ 'ForAllValues:StringEquals': { 'aws:SourceVpc': 'v' } })], false],
    ['a key that is not there', [allow({ StringLike: { 'dynamodb:LeadingKeys': '*' } })], false],
    ['a key that may be missing', [allow({ StringLikeIfExists: { 'dynamodb:LeadingKeys': 'x' } })], true],
    ['all of no values', [allow({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'x' } })], true],
    ['a key that must be there', [allow({ Null: { 'dynamodb:LeadingKeys': 'false' } })], false],
    ['another statement that denies', [allow(), allow({}, { Effect: 'Deny' })], false],
    [
      'a deny whose condition does not hold',
      [allow(), allow({ ArnLike: { 'kms:ViaService': 'x*' } }, { Effect: 'Deny' })],
      true,
    ],
    ['a part of a statement that is not known', [allow({}, { NotAction: 's3:*' })], false],
    ['a resource that is longer', [allow({}, { Resource: 'arn:aws:s3:::b/' })], false],
    ['no statement', [], false],
  ] as const)('is right for %s', (_, statements, expected) => {
    expect(isAllowed(...statements)).toBe(expected);
  });

  it('denies a function what its role does for Lambda alone', () => {
    const role = functions.get('kill-query')?.Properties.Role['Fn::GetAtt'][0];
    const statements = account.resolveAll(statementsOfRole(template, role)) as readonly Statement[];
    const make = (name: string) =>
      decide(statements, {
        action: 'ec2:CreateNetworkInterface',
        resource: '*',
        context: { 'lambda:SourceFunctionArn': [ARNS.function(name)] },
      });
    expect(make('kill-query')).toEqual({ denied: 'with an explicit deny' });
    expect(make('another')).toHaveProperty('by');
  });
});
