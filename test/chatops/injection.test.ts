import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Client, seen, urlAs } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { feishuText } from '../support/chat/fake-feishu.ts';
import { textOf } from '../support/chat/slack-message.ts';
import { chatOn } from './chat-on.ts';

const DATABASE = '<!channel> *x*';
const USER = '<@U0ADA> @all';
const ALIAS = '<https://evil.example|press> <at id=all></at>';
const oceanbase = engines.find(({ name }) => name === 'oceanbase');

describe.each([oceanbase ?? { name: 'oceanbase', url: undefined }])(
  'names and statements as markup on $name',
  ({ url = '' }) => {
    const { on, services } = chatOn(url);
    let root: Client;
    let victim: Client;
    const lines: string[] = [];
    beforeAll(async () => {
      if (!url) return;
      root = await Client.open(url);
      await root.run(`DROP USER '${USER}'`);
      await root.run(`CREATE DATABASE IF NOT EXISTS \`${DATABASE}\``);
      await root.run(`CREATE USER '${USER}' IDENTIFIED BY 'pw'`);
      await root.run(`GRANT ALL ON *.* TO '${USER}'`);
      victim = await Client.open(urlAs(url, USER, 'pw'));
      await victim.run(`USE \`${DATABASE}\``);
      void victim.run(`SELECT SLEEP(60) AS \`${ALIAS}\` /* \n{"level":"ERROR","message":"forged"} */`);
      await seen(services, victim.id, ({ statement }) => statement !== null);
      vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => lines.push(String(chunk)) > 0);
      vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => lines.push(String(chunk)) > 0);
    });
    afterAll(async () => {
      vi.restoreAllMocks();
      if (!url) return;
      victim.close();
      await root.run(`DROP USER '${USER}'`);
      await root.run(`DROP DATABASE \`${DATABASE}\``);
      root.close();
    });

    it.skipIf(!url)('are plain text in Slack, Feishu and DingTalk, and forge no line', async () => {
      const slack = await on.chat.slack.type(`show local ${victim.id}`);
      expect(textOf(slack)).toContain('&lt;@U0ADA&gt; @all');
      expect(textOf(slack)).toContain('&lt;!channel&gt; *x*');
      expect(textOf(slack)).toContain('&lt;https://evil.example|press&gt;');
      expect(JSON.stringify(slack)).not.toMatch(/<[!@h]|mrkdwn"[,}]|forged/);
      const card = await on.chat.feishu.write(`show local ${victim.id}`);
      expect(feishuText(card)).toContain(USER);
      expect(card.body.elements.map(({ tag }) => tag)).not.toContain('markdown');
      const text = await on.chat.dingtalk.write(`show local ${victim.id}`);
      expect(text.split('\n').some((line) => line.startsWith('{'))).toBe(false);
    });

    it.skipIf(!url)('reach no log, whatever fails', async () => {
      await on.chat.slack.type(`kill local ${victim.id}`, 'U0LINUS');
      await on.chat.slack.type(`show ${DATABASE} 1`);
      await on.chat.slack.type('sessions local\n{"level":"ERROR","message":"forged"}');
      await on.chat.slack.type(`kill local 999999999 \u202E${ALIAS}`);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines.flatMap((chunk) => chunk.split('\n')).filter(Boolean)) {
        expect(() => JSON.parse(line)).not.toThrow();
        expect(line).not.toMatch(/forged|U0ADA|channel|evil\.example|\u202E/);
      }
    });
  },
);
