import { useEffect, useRef } from 'preact/hooks';
import { rate, seconds } from '../words/format.ts';
import { colour, prepare, useTheme, useWidth } from './canvas.ts';

/** The rate at a moment, by the server's clock. */
export interface Sample {
  readonly atMs: number;
  readonly bytesPerSecond: number;
}

const HEIGHT = 132;
const FOOT = 18;

/** The rate over time, from the first sample to the last. */
export function RateChart({ samples }: { readonly samples: readonly Sample[] }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const theme = useTheme();
  useEffect(() => {
    if (canvas.current !== null && width > 0) paint(canvas.current, samples, width);
  }, [samples, width, theme]);
  const [first, last] = [samples[0], samples.at(-1)];
  const isKnown = first !== undefined && last !== undefined && samples.length > 1;
  const most = Math.max(0, ...samples.map(({ bytesPerSecond }) => bytesPerSecond));
  const span = isKnown ? seconds((last.atMs - first.atMs) / 1000) : '';
  return (
    <div ref={box}>
      {isKnown ? (
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Rate in the last ${span}: now ${rate(last.bytesPerSecond)}, at most ${rate(most)}`}
        />
      ) : (
        <p class="soft">The rate is drawn here from the moment that bytes move while you look.</p>
      )}
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, samples: readonly Sample[], width: number): void {
  const context = prepare(canvas, width, HEIGHT);
  const [first, last] = [samples[0], samples.at(-1)];
  if (context === undefined || first === undefined || last === undefined) return;
  const top = roundUp(Math.max(1024, ...samples.map(({ bytesPerSecond }) => bytesPerSecond)));
  const spanMs = Math.max(1, last.atMs - first.atMs);
  const high = HEIGHT - FOOT - 6;
  const x = ({ atMs }: Sample) => ((atMs - first.atMs) / spanMs) * width;
  const y = (bytesPerSecond: number) => 6 + high - (bytesPerSecond / top) * high;
  context.font = `11px ${colour('sans')}`;
  context.lineWidth = 1;
  for (const part of [0, 0.5, 1]) {
    const at = Math.round(y(top * part)) + 0.5;
    context.strokeStyle = colour('line');
    context.beginPath();
    context.moveTo(0, at);
    context.lineTo(width, at);
    context.stroke();
  }
  context.beginPath();
  for (const [index, sample] of samples.entries()) {
    if (index === 0) context.moveTo(x(sample), y(sample.bytesPerSecond));
    else context.lineTo(x(sample), y(sample.bytesPerSecond));
  }
  context.strokeStyle = colour('cell-flight');
  context.lineWidth = 1.8;
  context.lineJoin = 'round';
  context.stroke();
  context.lineTo(width, y(0));
  context.lineTo(0, y(0));
  context.globalAlpha = 0.14;
  context.fillStyle = colour('cell-flight');
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = colour('soft');
  context.textBaseline = 'top';
  context.fillText(rate(top), 2, 9);
  context.textBaseline = 'bottom';
  context.fillText(`${seconds(spanMs / 1000)} ago`, 2, HEIGHT);
  context.textAlign = 'right';
  context.fillText('now', width - 2, HEIGHT);
  context.textAlign = 'left';
}

/** To a number that people take in at once: 1, 2 or 5 and its power of two. */
function roundUp(value: number): number {
  const unit = 1024 ** Math.floor(Math.log(value) / Math.log(1024));
  const scaled = value / unit;
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1024].find((one) => one >= scaled) ?? scaled;
  return step * unit;
}
