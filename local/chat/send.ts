import { setTimeout as sleep } from 'node:timers/promises';
import { CHANNELS } from '../../lib/chatops/channels/channel-names.ts';
import type { SignedByPlatform } from '../../lib/chatops/channels/play.ts';
import { devChatSecrets } from './local-chat.ts';
import { loadPlays, type Played, ROLES, type Role, type Shown, startStandIn } from './stand-in.ts';

const usage = (plays: readonly Played[]): string => {
  const names = plays.map(({ name }) => name).join('|');
  return `Usage: npm run chat -- ${names} "/warden sessions local" [button …]
       npm run chat -- slack watch [button …]
Sends what you would type to the gateway of npm start, signed as the platform signs it, and prints the answer. Each
number after it presses a button of the message before; watch waits for a report or a warning of a reaper instead.
You are the operator; asker:"/warden kill local ID" is somebody who needs an approval, operator:1 gives it.
webhook is a machine, and alert local an alert about that target: their answers are posted at slack:ops, where you press.`;
};
const WAIT_MS = 10_000;
const WATCH_MS = 600_000;

/** `asker:1` as who and what. */
function spoken(word: string): { readonly role: Role; readonly what: string } {
  const role = ROLES.find((name) => word.startsWith(`${name}:`));
  return role === undefined ? { role: 'operator', what: word } : { role, what: word.slice(role.length + 1) };
}

async function main([platform, line, ...more]: readonly string[]): Promise<number> {
  const gateway = `http://127.0.0.1:${process.env['PORT'] || 8787}`;
  const plays = await loadPlays();
  const played = plays.find(({ name }) => name === platform);
  if (played === undefined || line === undefined) {
    console.error(usage(plays));
    return 2;
  }
  const secrets = await devChatSecrets(process.env);
  const standIn = await startStandIn(plays);
  const send = async (to: Played, request: SignedByPlatform): Promise<Shown> => {
    const response = await fetch(gateway + to.path, { method: 'POST', ...request });
    if (!response.ok) throw new Error(`The gateway refused: ${response.status} ${await response.text()}`);
    // Answers to machines and alerts are posted at a place.
    return printed(standIn.next(CHANNELS[to.name].reply === undefined), WAIT_MS);
  };
  const playing = (who: Played, role: Role) => ({ secrets, as: who.as(role), now: new Date() });
  const say = (word: string): Promise<Shown> => {
    if (word === 'watch') return printed(standIn.next(true), WATCH_MS);
    const { role, what } = spoken(word);
    return send(played, played.play.command(what.replace(/^\/warden\s*/, ''), playing(played, role)));
  };
  const press = (word: string, { buttons, by }: Shown): Promise<Shown> => {
    const { role, what: number } = spoken(word);
    const button = buttons[Number(number) - 1];
    if (button === undefined || by.play.press === undefined) throw new Error(`The message has no button ${number}.`);
    console.log(`\n> ${button.label}${role === 'operator' ? '' : ` (${role})`}`);
    return send(by, by.play.press(button, playing(by, role)));
  };
  try {
    let message = await say(line);
    for (const word of more) {
      if (word === 'watch') console.log('\n> watch');
      message = await (word === 'watch' ? say(word) : press(word, message));
    }
    return 0;
  } finally {
    standIn.stop();
  }
}

async function printed(next: Promise<Shown>, ms: number): Promise<Shown> {
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
