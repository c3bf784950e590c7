import type { ComponentChildren } from 'preact';
import type { Session } from '../../client/api.d.ts';
import { inWords } from '../../lib/reaper/units.ts';
import { printable, visible } from '../../lib/sessions/masking/visible.ts';
import type { Failure } from './api.ts';

const SHORT = 400;

/** Anybody's text on one line: it turns nothing round, commands nothing, and what does not fit is cut off. */
export function Text({ of, most = SHORT }: { of: string; most?: number }) {
  return <bdi>{visible(of.length > most ? `${of.slice(0, most)}…` : of)}</bdi>;
}

/** Anybody's text, whole and with its lines. */
export const Block = ({ of }: { of: string }) => (
  // Long ones scroll: whoever cannot use a mouse must get there too.
  <pre tabIndex={0}>
    <bdi>{printable(of)}</bdi>
  </pre>
);

/** A field of a session: its text, that there is none, or why nobody knows. */
export function Field({ session, name }: { session: Session; name: 'user' | 'host' | 'db' | 'state' | 'tenant' }) {
  const value = session[name];
  if (value !== null) return <Text of={value} />;
  const why = session.unknown.find(({ field }) => field === name)?.why;
  return why === undefined ? <None /> : <Unknown why={why} />;
}

/** There is none. */
export const None = () => (
  <span class="none" role="img" aria-label="none">
    –
  </span>
);

/** Nobody knows, and why. */
export const Unknown = ({ why }: { why?: string | undefined }) => (
  <abbr class="none" title={why}>
    not shown
  </abbr>
);

/** Seconds as people say them, or that nobody knows. */
export const seconds = (time: number | null): string => (time === null ? 'not shown' : inWords(Math.max(0, time)));

const CLOCK = new Intl.DateTimeFormat('sv-SE', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
// Sweden writes a moment as ISO 8601 does, in the local time.
const MOMENT = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
export const clock = (at: number): string => CLOCK.format(at);
export const moment = (iso: string): string => MOMENT.format(new Date(iso));

/** How many there are of something. */
export const many = (count: number, one: string, more = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

/** What went wrong, and what to do. */
export function Problem({ failure, children }: { failure: Failure; children?: ComponentChildren }) {
  const { message, detail, hint, code, requestId } = failure;
  return (
    <div class="problem" role="alert">
      <strong>
        <Text of={message} />
      </strong>
      {detail !== null && (
        <p>
          <Text of={detail} most={2_000} />
        </p>
      )}
      {hint !== null && (
        <p>
          <Text of={hint} most={2_000} />
        </p>
      )}
      {code !== null && (
        <p class="quiet">
          <Text of={code} /> · request <Text of={requestId ?? 'not known'} />
        </p>
      )}
      {children}
    </div>
  );
}
