import { useState } from 'preact/hooks';
import { Logo } from '../parts/marks.tsx';
import { nextTheme, theme } from '../parts/theme.ts';
import type { Route } from '../route.ts';
import { hrefOf, route } from '../route.ts';
import { pauseService } from '../state/actions.ts';
import { items } from '../state/items.ts';
import { link, service } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { rate } from '../words/format.ts';
import { LimitsDialog } from './limits.tsx';

const PHASES = {
  connecting: ['', 'connecting'],
  live: ['live-on', 'live'],
  asked: ['live-on', 'asked every few seconds'],
  offline: ['live-off', 'offline'],
  refused: ['live-off', 'refused'],
} as const;

export function Bar() {
  const { view } = useStore(route);
  const now = useStore(service);
  const [asks, setAsks] = useState(false);
  const has = (feature: string) => now?.features.includes(feature) === true;
  const places: readonly (readonly [Route['view'], string, Route])[] = [
    ['list', 'Transfers', { view: 'list' }],
    ['new', 'New', { view: 'new' }],
    ...(has('hosts') ? ([['hosts', 'Hosts', { view: 'hosts' }]] as const) : []),
  ];
  return (
    <header class="bar">
      <a class="brand" href={hrefOf({ view: 'list' })}>
        <Logo />
        Piecework
      </a>
      <nav aria-label="Views">
        {places.map(([name, title, to]) => (
          <a key={name} href={hrefOf(to)} {...(name === view ? { 'aria-current': 'page' } : {})}>
            {title}
          </a>
        ))}
      </nav>
      <Counts />
      {has('limits') ? (
        <button type="button" class="button" onClick={() => setAsks(true)}>
          {limitWord(now?.limits?.rateNowBytesPerSecond)}
        </button>
      ) : null}
      {has('pause') ? (
        <button
          type="button"
          class={`button ${now?.paused === true ? 'main' : ''}`}
          title={now?.paused === true ? 'Everything goes on' : 'Nothing more is fetched; what is there stays'}
          onClick={() => void pauseService(now?.paused === true ? 'resume' : 'pause')}
        >
          {now?.paused === true ? 'Resume all' : 'Pause all'}
        </button>
      ) : null}
      <ThemeButton />
      {asks && now !== undefined ? <LimitsDialog limits={now.limits ?? {}} onClose={() => setAsks(false)} /> : null}
    </header>
  );
}

function Counts() {
  const { rows } = useStore(items);
  const { phase } = useStore(link);
  const now = useStore(service);
  const [dot, word] = PHASES[phase];
  const active = [...rows.values()].filter(({ isOver }) => !isOver);
  const running = now?.counts?.running ?? active.filter(({ tone }) => tone === 'moving').length;
  const waiting = now?.counts?.waiting ?? active.filter(({ tone }) => tone === 'waiting').length;
  const sum = active.reduce((total, { bytesPerSecond }) => total + (bytesPerSecond ?? 0), 0);
  const home = now?.home === 'aws' ? 'a deployment on AWS' : 'this machine’s server';
  return (
    <div class="counts">
      <span>
        <b class="number">{running}</b> running
      </span>
      <span>
        <b class="number">{waiting}</b> waiting
      </span>
      {sum > 0 ? <b class="number">{rate(sum)}</b> : null}
      <span class="live" title={now === undefined ? '' : `Piecework ${now.version}, ${home}`}>
        <span class={`dot ${dot}`} />
        {word}
      </span>
    </div>
  );
}

function limitWord(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? 'Limits' : `Limit ${rate(bytesPerSecond)}`;
}

function ThemeButton() {
  const now = useStore(theme);
  const word = { system: 'as the system has them', light: 'light', dark: 'dark' }[now];
  return (
    <button
      type="button"
      class="button plain"
      aria-label={`Colours: ${word}. Change them`}
      title={`Colours: ${word}`}
      onClick={nextTheme}
    >
      <svg
        width="16"
        height="16"
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
        aria-hidden="true"
      >
        <circle cx="8" cy="8" r="5.5" />
        <path d="M8 2.5a5.5 5.5 0 0 1 0 11Z" fill="currentColor" />
      </svg>
    </button>
  );
}
