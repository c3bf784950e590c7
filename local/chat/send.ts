import { setTimeout as sleep } from 'node:timers/promises';
import { devChatSecrets } from './dev-secrets.ts';
import { type PlayedPlatform, playFeishu, playSlack } from './requests.ts';
import { type ShownMessage, startStandIn } from './stand-in.ts';

const USAGE = `Usage: npm run chat -- slack|feishu "/warden sessions local" [button …]
Sends what you would type to the gateway of npm start, signed as the platform signs it, and prints the answer. Each
number after it presses a button of the answer before.`;
const WAIT_MS = 10_000;

async function main([platform, line, ...presses]: readonly string[]): Promise<number> {
  const gateway = `http://127.0.0.1:${process.env['PORT'] || 8787}`;
  const secrets = devChatSecrets(process.env);
  const play = platform === 'slack' ? playSlack(secrets) : platform === 'feishu' ? playFeishu(secrets) : undefined;
  if (play === undefined || line === undefined) {
    console.error(USAGE);
    return 2;
  }
  const standIn = await startStandIn();
  try {
    let message = await exchange(gateway, play, standIn.next, play.command(line));
    for (const press of presses) {
      const button = message?.buttons[Number(press) - 1];
      if (button === undefined) throw new Error(`The answer has no button ${press}.`);
      console.log(`\n> ${button.label}`);
      message = await exchange(gateway, play, standIn.next, play.press(button));
    }
    return 0;
  } finally {
    standIn.stop();
  }
}

async function exchange(
  gateway: string,
  play: PlayedPlatform,
  next: () => Promise<ShownMessage>,
  request: ReturnType<PlayedPlatform['command']>,
): Promise<ShownMessage> {
  const answer = next();
  const response = await fetch(gateway + play.path, { method: 'POST', ...request });
  const text = await response.text();
  if (!response.ok) throw new Error(`The gateway refused: ${response.status} ${text}`);
  const message = await Promise.race([answer, sleep(WAIT_MS, undefined, { ref: false })]);
  if (message === undefined) throw new Error(`No answer came within ${WAIT_MS / 1000} seconds.`);
  console.log(message.lines.join('\n'));
  return message;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isDown = error instanceof TypeError;
    console.error(isDown ? 'Nothing answers there. Is npm start running, on the same PORT?' : String(error));
    process.exit(1);
  },
);
