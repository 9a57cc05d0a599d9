import { useState } from 'preact/hooks';
import { takeToken } from '../api/session.ts';
import { Logo } from '../parts/marks.tsx';

/** No token, or a wrong one: where it stands, and what to run. */
export function Gate({ isRefused }: { readonly isRefused: boolean }) {
  const [token, setToken] = useState('');
  return (
    <main class="gate stack">
      <div class="title">
        <Logo size={30} />
        <h1>{isRefused ? 'The server does not take this token' : 'This page needs the server’s token'}</h1>
      </div>
      <p>Run this where the server runs; it opens the page with the token:</p>
      <pre class="command">piecework console</pre>
      <p class="soft">
        Or paste the token. It stands in <code>server/token</code> of the state folder, by default{' '}
        <code>~/.local/state/piecework/server/token</code>, which only the user of the server can read; with{' '}
        <code>--token-file</code> in that file.
      </p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== '') takeToken(token);
        }}
      >
        <div class="field">
          <label for="token">Token</label>
          <input
            id="token"
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </div>
        <div class="actions">
          <button type="submit" class="button main">
            Open
          </button>
        </div>
      </form>
      <p class="soft">It is kept in this tab alone, and forgotten when the tab is closed.</p>
    </main>
  );
}
