import type { JSX } from 'preact';
import type { Tone } from '../words/status.ts';

/* A shape for each standing, so that none is known by its colour alone. */

const PATHS: Readonly<Record<Tone, JSX.Element>> = {
  moving: <path d="M8 2.5v9M4.2 8 8 11.8 11.8 8M3 14h10" />,
  waiting: (
    <>
      <circle cx="8" cy="8" r="5.6" />
      <path d="M8 5v3.2l2 1.3" />
    </>
  ),
  paused: <path d="M5.8 3.5v9M10.2 3.5v9" />,
  trouble: <path d="M8 2.4 14.2 13H1.8L8 2.4ZM8 6.6v2.8M8 11.2v.1" />,
  done: <path d="m3 8.6 3.2 3.2L13 4.8" />,
  failed: <path d="m4 4 8 8M12 4l-8 8" />,
  cancelled: (
    <>
      <circle cx="8" cy="8" r="5.6" />
      <path d="m4.2 11.8 7.6-7.6" />
    </>
  ),
};

export function Mark({ tone, size = 15 }: { readonly tone: Tone; readonly size?: number }) {
  return <Drawing size={size}>{PATHS[tone]}</Drawing>;
}

function Drawing({ size, children }: { readonly size: number; readonly children: JSX.Element }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export function StatusMark({
  tone,
  word,
  title,
}: {
  readonly tone: Tone;
  readonly word: string;
  readonly title?: string;
}) {
  return (
    <span class={`mark tone-${tone}`} title={title ?? ''}>
      <Mark tone={tone} />
      {word}
    </span>
  );
}

interface MeterProps {
  readonly percent: number | undefined;
  readonly tone: Tone;
  readonly label: string;
}

export function Meter({ percent, tone, label }: MeterProps) {
  return (
    <span
      class={`meter tone-${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === undefined ? {} : { 'aria-valuenow': percent })}
    >
      <span style={{ width: `${percent ?? 0}%` }} />
    </span>
  );
}

/** The sign of the page: four pieces, three of them there. */
export function Logo({ size = 22 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#3451b2" />
      <g fill="#fff">
        <rect x="7" y="7" width="8" height="8" rx="1.5" />
        <rect x="17" y="7" width="8" height="8" rx="1.5" />
        <rect x="7" y="17" width="8" height="8" rx="1.5" />
        <rect x="17" y="17" width="8" height="8" rx="1.5" opacity=".4" />
      </g>
    </svg>
  );
}
