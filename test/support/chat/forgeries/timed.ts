import { at, good, type Request, withHeader, without } from '../a-receiver.ts';
import { aCommand, aDingTalkMessage, aFeishuMessage } from '../messages.ts';
import * as sign from '../sign.ts';
import type { Forgery } from './forgery.ts';

const SIGNED = {
  slack: ['x-slack-signature', 'x-slack-request-timestamp', 300],
  feishu: ['x-lark-signature', 'x-lark-request-timestamp', 300],
  dingtalk: ['sign', 'timestamp', 3_600],
  webhook: ['webhook-signature', 'webhook-timestamp', 300],
} as const;
const signedAt: Readonly<Record<keyof typeof SIGNED, (now: Date) => Request>> = {
  slack: (now) => sign.signedBySlack(aCommand('sessions local'), now),
  feishu: (now) => sign.signedByFeishu(aFeishuMessage('sessions local'), now),
  dingtalk: (now) => sign.signedByDingTalk(aDingTalkMessage('sessions local'), now),
  webhook: (now) => sign.signedByWebhook({ command: 'sessions local', post: 'slack:ops' }, now),
};
const startOf = (signature: string): string => /^(v\d[=,])?/.exec(signature)?.[0] ?? '';

/** The same at every platform that signs a time. */
export const TIMED = Object.entries(SIGNED).flatMap(([key, [signature, time, window]]): readonly Forgery[] => {
  const name = key as keyof typeof SIGNED;
  const bent = (header: string, bend: (value: string) => string) => () => {
    const request = good[name]();
    return withHeader(request, header, bend(request.headers[header] ?? ''));
  };
  return [
    ['no signature', name, () => without(good[name](), signature)],
    ['an empty signature', name, bent(signature, () => '')],
    ['a short signature', name, bent(signature, (value) => value.slice(0, 12))],
    ['a signature of other letters', name, bent(signature, (value) => startOf(value) + 'z'.repeat(64))],
    ['a signature with bytes beyond ASCII', name, bent(signature, (value) => `${startOf(value)}\u{1F600}`)],
    ['a signature twice', name, bent(signature, (value) => `${value},${value}`)],
    ['a stale time', name, () => signedAt[name](at(-window - 1))],
    ['a time of the future', name, () => signedAt[name](at(window + 1))],
    ['a time that is no number', name, bent(time, () => 'NaN')],
    ['a time with letters behind it', name, bent(time, (value) => `${value}abc`)],
    ['a time of another form', name, bent(time, (value) => `0x${Number(value).toString(16)}`)],
    ['no time', name, () => without(good[name](), time)],
  ];
});
