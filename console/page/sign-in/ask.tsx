import { useEffect, useRef } from 'preact/hooks';
import { loadTargets, viewNow } from '../state.ts';
import { Text } from '../words.tsx';
import { hasToken, isStarting, settings, signIn, trouble, useToken } from './access.ts';

function Why() {
  const why = trouble.value;
  if (why === undefined) return null;
  return (
    <div class="problem" role="alert">
      <strong>
        <Text of={why.title} />
      </strong>
      {why.detail !== null && (
        <p>
          <Text of={why.detail} most={2_000} />
        </p>
      )}
      <p>
        <Text of={why.hint} most={2_000} />
      </p>
    </div>
  );
}

function Starting() {
  return (
    <main class="ask-token">
      <div>
        <h1>Session Warden</h1>
        <Why />
        <p role="status">One moment …</p>
      </div>
    </main>
  );
}

function SignIn({ issuer }: { issuer: string }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  const enter = (event: Event) => {
    event.preventDefault();
    void signIn(viewNow());
  };
  return (
    <main class="ask-token">
      <form onSubmit={enter}>
        <h1>Session Warden</h1>
        <Why />
        <p>
          People sign in at <Text of={new URL(issuer).host} />.
        </p>
        <div class="buttons">
          <button type="submit" ref={button}>
            {trouble.value === undefined ? 'Sign in' : 'Sign in again'}
          </button>
        </div>
        <p class="quiet">Tokens are kept in the memory of this page only.</p>
      </form>
    </main>
  );
}

function AskToken() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const enter = (event: Event) => {
    event.preventDefault();
    useToken(field.current?.value ?? '');
    void loadTargets();
  };
  return (
    <main class="ask-token">
      <form onSubmit={enter}>
        <h1>Session Warden</h1>
        <p>
          This server asks for the token of whoever started it. It printed a link with it, and the path of the file that
          holds it: <code>gateway-PORT.header</code> in the cache folder.
        </p>
        <label class="wide">
          Token, or the whole line of the file
          <input ref={field} type="password" required autocomplete="off" />
        </label>
        {hasToken() && (
          <p class="wrong" role="alert">
            The last one was refused.
          </p>
        )}
        <div class="buttons">
          <button type="submit">Go on</button>
        </div>
        <p class="quiet">It is kept in the memory of this page only.</p>
      </form>
    </main>
  );
}

/** Instead of the pages, until somebody may ask the API: by a token of the server's, or by signing in at an issuer. */
export function AskWho() {
  const how = settings.value;
  if (isStarting.value || how === undefined) return <Starting />;
  return how.signIn === 'issuer' ? <SignIn issuer={how.issuer} /> : <AskToken />;
}
