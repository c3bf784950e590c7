import { setTimeout as sleep } from 'node:timers/promises';
import { devChatSecrets } from './dev-secrets.ts';
import { PLAYED, type Played, playFeishu, playSlack } from './requests.ts';
import type { SignedByPlatform } from './sign.ts';
import { type ShownMessage, startStandIn } from './stand-in.ts';

const USAGE = `Usage: npm run chat -- slack|feishu "/warden sessions local" [button …]
       npm run chat -- slack|feishu watch [button …]
Sends what you would type to the gateway of npm start, signed as the platform signs it, and prints the answer. Each
number after it presses a button of the message before. watch waits for a report or a warning of a reaper instead.
You are the operator; asker:"/warden kill local ID" is somebody who needs an approval, operator:1 gives it.`;
const WAIT_MS = 10_000;
const WATCH_MS = 600_000;

/** `asker:1` as who and what. */
function spoken(word: string): { readonly as: Played; readonly what: string } {
  const who = (Object.keys(PLAYED) as Played[]).find((name) => word.startsWith(`${name}:`));
  return who === undefined ? { as: 'operator', what: word } : { as: who, what: word.slice(who.length + 1) };
}

async function main([platform, line, ...presses]: readonly string[]): Promise<number> {
  const gateway = `http://127.0.0.1:${process.env['PORT'] || 8787}`;
  const secrets = devChatSecrets(process.env);
  const play = platform === 'slack' ? playSlack(secrets) : platform === 'feishu' ? playFeishu(secrets) : undefined;
  if (play === undefined || line === undefined) {
    console.error(USAGE);
    return 2;
  }
  const standIn = await startStandIn();
  const send = async (request: SignedByPlatform): Promise<ShownMessage> => {
    const response = await fetch(gateway + play.path, { method: 'POST', ...request });
    if (!response.ok) throw new Error(`The gateway refused: ${response.status} ${await response.text()}`);
    return printed(standIn.next(false), WAIT_MS);
  };
  try {
    const { as, what } = spoken(line);
    let message = await (what === 'watch' ? printed(standIn.next(true), WATCH_MS) : send(play.command(what, as)));
    for (const press of presses) {
      const { as: who, what: number } = spoken(press);
      const button = message.buttons[Number(number) - 1];
      if (button === undefined) throw new Error(`The message has no button ${number}.`);
      console.log(`\n> ${button.label}${who === 'operator' ? '' : ` (${who})`}`);
      message = await send(play.press(button, who));
    }
    return 0;
  } finally {
    standIn.stop();
  }
}

async function printed(next: Promise<ShownMessage>, ms: number): Promise<ShownMessage> {
  const message = await Promise.race([next, sleep(ms, undefined, { ref: false })]);
  if (message === undefined) throw new Error(`Nothing came within ${ms / 1000} seconds.`);
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
