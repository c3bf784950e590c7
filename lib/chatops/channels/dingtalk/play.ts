import { randomBytes } from 'node:crypto';
import { hmac } from '../../receiver/signed-request.ts';
import type { Play } from '../play.ts';
import { fields, textOf } from '../play.ts';

/** DingTalk on one machine. */
export const play: Play = {
  secret: () => ({
    appSecret: randomBytes(24).toString('base64'),
    corporations: ['local'],
    places: { ops: 'https://oapi.dingtalk.com/robot/send?access_token=ops' },
  }),
  command: (line, { secrets, as, now }) => {
    const [senderCorpId, senderStaffId] = as.split('/');
    const secret = secrets.dingtalk?.appSecret ?? '';
    const timestamp = String(now.getTime());
    const sign = hmac(secret, [`${timestamp}\n${secret}`], 'base64');
    const sessionWebhook = 'https://oapi.dingtalk.com/robot/sendBySession?session=local';
    const body = { msgtype: 'text', senderCorpId, senderStaffId, sessionWebhook, text: { content: line } };
    return { headers: { 'content-type': 'application/json', timestamp, sign }, body: JSON.stringify(body) };
  },
  screen: {
    hosts: ['oapi.dingtalk.com'],
    accepted: { errcode: 0 },
    shown: ({ pathname }, body) => ({
      lines: textOf(fields(body)['text'], 'content').split('\n'),
      buttons: [],
      isAtPlace: pathname === '/robot/send',
    }),
  },
};
