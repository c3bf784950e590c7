import { NOW } from '../a-receiver.ts';
import { aCommand, aDingTalkMessage } from '../messages.ts';
import * as sign from '../sign.ts';
import type { Forgery } from './forgery.ts';

const slackTo = (response_url: string) => () => sign.signedBySlack(aCommand('sessions local', { response_url }), NOW);
const dingtalkTo = (sessionWebhook: string) => () =>
  sign.signedByDingTalk(aDingTalkMessage('sessions local', { sessionWebhook }), NOW);
const OTHERS = [
  ['another host', 'https://evil.example/a'],
  ['a host that begins like ours', 'https://HOST.evil.example/a'],
  ['a host behind user info', 'https://HOST@evil.example/a'],
  ['user info of the right host', 'https://evil@HOST/a'],
  ['a port', 'https://HOST:8443/a'],
  ['plain HTTP', 'http://HOST/a'],
  ['a host past a backslash', 'https://HOST\\@evil.example/'],
  ['a fragment', 'https://HOST/a#b'],
] as const;
/** Answers that would go elsewhere than to the platform. */
export const ADDRESSED = OTHERS.flatMap(([what, url]): readonly Forgery[] => [
  [`an answer to ${what}`, 'slack', slackTo(url.replace('HOST', 'hooks.slack.com'))],
  [`an answer to ${what}`, 'dingtalk', dingtalkTo(url.replace('HOST', 'oapi.dingtalk.com'))],
]);
