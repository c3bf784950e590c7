import { setTimeout as sleep } from 'node:timers/promises';
import { CHANNELS } from '../../lib/chatops/channel-names.ts';
import type { ShownMessage, SignedByPlatform } from '../../lib/chatops/play.ts';
import { devChatSecrets } from './dev-secrets.ts';
import { loadPlays, type Played, ROLES, type Role } from './plays.ts';
import { startStandIn } from './stand-in.ts';

const usage = (plays: readonly Played[]): string => {
  const names = plays.map(({ name }) => name).join('|');
  return `Usage: npm run chat -- ${names} "/warden sessions local" [button …]
       npm run chat -- slack watch [button …]
Sends what you would type to the gateway of npm start, signed as the platform signs it, and prints the answer. Each
number after it presses a button of the message before. watch waits for a report or a warning of a reaper instead.
You are the operator; asker:"/warden kill local ID" is somebody who needs an approval, operator:1 gives it.
webhook is a machine, and alert "local" an alert about that target: their answers are posted at slack:ops.`;
};
const WAIT_MS = 10_000;
const WATCH_MS = 600_000;

/** `asker:1` as who and what. */
function spoken(word: string): { readonly role: Role; readonly what: string } {
  const role = ROLES.find((name) => word.startsWith(`${name}:`));
  return role === undefined ? { role: 'operator', what: word } : { role, what: word.slice(role.length + 1) };
}

async function main([platform, line, ...presses]: readonly string[]): Promise<number> {
  const gateway = `http://127.0.0.1:${process.env['PORT'] || 8787}`;
  const plays = await loadPlays();
  const played = plays.find(({ name }) => name === platform);
  if (played === undefined || line === undefined) {
    console.error(usage(plays));
    return 2;
  }
  const secrets = await devChatSecrets(process.env);
  const { play, path } = played;
  const answersAtPlace = CHANNELS[played.name].reply === undefined;
  const standIn = await startStandIn(plays);
  const playing = (role: Role) => ({ secrets, as: played.as(role), now: new Date() });
  const send = async (request: SignedByPlatform): Promise<ShownMessage> => {
    const response = await fetch(gateway + path, { method: 'POST', ...request });
    if (!response.ok) throw new Error(`The gateway refused: ${response.status} ${await response.text()}`);
    return printed(standIn.next(answersAtPlace), WAIT_MS);
  };
  try {
    const { role, what } = spoken(line);
    const typed = what.replace(/^\/warden\s*/, '');
    let message = await (what === 'watch'
      ? printed(standIn.next(true), WATCH_MS)
      : send(play.command(typed, playing(role))));
    for (const press of presses) {
      const { role: who, what: number } = spoken(press);
      const button = message.buttons[Number(number) - 1];
      if (button === undefined || play.press === undefined) throw new Error(`The message has no button ${number}.`);
      console.log(`\n> ${button.label}${who === 'operator' ? '' : ` (${who})`}`);
      message = await send(play.press(button, playing(who)));
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
