import { useEffect, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import type { Host } from '../api/shapes.ts';
import { Age, useNow } from '../parts/time.tsx';
import { messageOf } from '../state/actions.ts';
import { hosts } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { adviceFor } from '../words/advice.ts';
import { NONE, rate, seconds } from '../words/format.ts';

/** What was learned of each host. */
export function Hosts() {
  const found = useStore(hosts);
  const now = useNow(1_000);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const look = async () => {
      try {
        hosts.set((await call<{ readonly hosts: readonly Host[] }>('GET', '/v1/hosts')).hosts);
        setProblem(undefined);
      } catch (thrown) {
        setProblem(messageOf(thrown));
      }
    };
    void look();
    const timer = setInterval(() => void look(), 5_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <section class="one" aria-label="Hosts">
      <header>
        <h1>Hosts</h1>
        <p class="soft">
          What was learned of each: how many connections it bears, what it gives, and where it asked for patience.
        </p>
      </header>
      {problem === undefined ? null : (
        <div class="note failed" role="alert">
          <div>{problem}</div>
        </div>
      )}
      {found === undefined && problem === undefined ? <p class="soft">Reading …</p> : null}
      {found?.length === 0 ? (
        <div class="empty">
          <h2>No host has been asked yet</h2>
          <p class="soft">They stand here from the first transfer on.</p>
        </div>
      ) : null}
      {found === undefined || found.length === 0 ? null : (
        <div class="card wide" tabIndex={0} role="region" aria-label="Table of hosts">
          <table class="table hosts">
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col">Connections</th>
                <th scope="col">Rate</th>
                <th scope="col">Of one connection</th>
                <th scope="col">Requests</th>
                <th scope="col">Errors</th>
                <th scope="col">Asked for patience</th>
                <th scope="col">Last asked</th>
              </tr>
            </thead>
            <tbody>
              {found.map((host) => (
                <Line key={host.name} host={host} now={now} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Line({ host, now }: { readonly host: Host; readonly now: number }) {
  const { name, connections, closedUntil, bytesPerSecond, connectionBytesPerSecond } = host;
  const { requests, errors, lastSeenAt } = host;
  const left = closedUntil === undefined ? 0 : (Date.parse(closedUntil) - now) / 1000;
  const kinds = Object.entries(errors).sort(([, a], [, b]) => b - a);
  return (
    <tr>
      <td>
        <strong>{name}</strong>
      </td>
      <td class="number">
        {connections.now} now
        {connections.limit === undefined ? '' : `, ${connections.limit} at most`}
      </td>
      <td class="number">{rate(bytesPerSecond)}</td>
      <td class="number">{rate(connectionBytesPerSecond)}</td>
      <td class="number">{requests?.toLocaleString('en-GB') ?? NONE}</td>
      <td>
        {kinds.length === 0
          ? 'none'
          : kinds.map(([code, number]) => (
              <div key={code} title={code}>
                <span class="number">{number}</span> × {adviceFor(code).title}
              </div>
            ))}
      </td>
      <td>{left > 0 ? <span class="tone-trouble">for {seconds(left)} more</span> : 'no'}</td>
      <td>{lastSeenAt === undefined ? NONE : <Age iso={lastSeenAt} now={now} />}</td>
    </tr>
  );
}
