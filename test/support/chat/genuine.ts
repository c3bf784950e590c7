import { readSecrets, type SignedRequest } from '../../../lib/chatops/channels/channel.ts';
import { CHANNELS, type ChannelName } from '../../../lib/chatops/channels/channel-names.ts';
import { loadPlays } from '../../../local/chat/stand-in.ts';

const plays = await loadPlays();

/** A channel with a secret of its own, and a request that its own folder signs: so a new channel needs nothing here. */
export function genuine(name: ChannelName, now: Date) {
  const played = plays.find((one) => one.name === name);
  if (played === undefined) throw new Error(`lib/chatops/channels/${name}/play.ts is missing`);
  const { play, path } = played;
  const secrets = readSecrets(JSON.stringify({ [name]: play.secret() }), [CHANNELS[name]], 'refuse');
  const as = played.as('operator');
  const { headers, body } = play.command('sessions local', { secrets, as, now });
  const source = CHANNELS[name].asks === 'person' ? null : as;
  const request: SignedRequest = { headers, body: Buffer.from(body), source };
  return { played, path, secrets, request };
}
