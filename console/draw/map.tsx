import { useEffect, useRef } from 'preact/hooks';
import { colour, prepare, useTheme, useWidth } from './canvas.ts';
import type { Cell, CellMap, Layout } from './cells.ts';
import { layoutOf, shownCell } from './cells.ts';

interface MapProps {
  readonly map: CellMap;
  readonly what: 'piece' | 'entry';
  /** From 0. */
  readonly chosen: number | undefined;
  /** What is said of one, for those who can't see it. */
  describe(at: number): string;
  onChoose(at: number): void;
}

const MOST_HEIGHT = 264;

/** Each thing as a cell. Clicks and arrow keys choose one. */
export function CellCanvas({ map, what, chosen, describe, onChoose }: MapProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const theme = useTheme();
  const layout = layoutOf(map.count, width, MOST_HEIGHT);
  const { columns, step, each } = layout;
  useEffect(() => {
    if (canvas.current !== null && width > 0) paint(canvas.current, map, layout, width, chosen);
  }, [map, width, chosen, theme]);

  function onKeyDown(event: KeyboardEvent): void {
    const at = chosen ?? -1;
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: at + each,
      ArrowLeft: at - each,
      ArrowDown: at + columns * each,
      ArrowUp: at - columns * each,
      Home: 0,
      End: map.count - 1,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onChoose(Math.max(0, Math.min(map.count - 1, to)));
  }

  function onClick({ offsetX, offsetY }: MouseEvent): void {
    const column = Math.min(columns - 1, Math.floor(offsetX / step));
    const at = (Math.floor(offsetY / step) * columns + column) * each;
    if (at < map.count) onChoose(at);
  }

  return (
    <div
      ref={box}
      class="map"
      role="slider"
      tabIndex={0}
      aria-label={`Map: choose ${what === 'piece' ? 'a piece' : 'an entry'}`}
      aria-valuemin={1}
      aria-valuemax={map.count}
      aria-valuenow={(chosen ?? 0) + 1}
      aria-valuetext={chosen === undefined ? `No ${what} is chosen` : describe(chosen)}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} onClick={onClick} />
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, map: CellMap, layout: Layout, width: number, chosen: number | undefined) {
  const context = prepare(canvas, width, layout.height);
  if (context === undefined) return;
  const colours = coloursOf();
  const { columns, step, size, each } = layout;
  const radius = size > 9 ? 3 : size > 5 ? 1.5 : 0;
  for (let first = 0, cell = 0; first < map.count; first += each, cell += 1) {
    const x = (cell % columns) * step;
    const y = Math.floor(cell / columns) * step;
    const kind = shownCell(map.cells, first, each);
    const isFlying = kind === 'flight' || kind === 'rescue';
    box(context, x, y, size, size, radius, isFlying ? colours.rest : colours[kind]);
    if (isFlying) {
      // How far it is, from the bottom up, and never nothing: it is on its way.
      const high = Math.max(2, size * (map.part.get(first) ?? 0.5));
      context.save();
      context.beginPath();
      context.rect(x, y + size - high, size, high);
      context.clip();
      box(context, x, y, size, size, radius, colours[kind]);
      context.restore();
    }
    if ((kind === 'trouble' || kind === 'failed') && size > 9) mark(context, x, y, size);
    if (chosen !== undefined && chosen >= first && chosen < first + each) {
      context.strokeStyle = colours.text;
      context.lineWidth = 2;
      context.strokeRect(x - 0.5, y - 0.5, size + 1, size + 1);
    }
  }
}

function coloursOf(): Record<Cell | 'rest' | 'text', string> {
  return {
    waiting: colour('cell-waiting'),
    done: colour('cell-done'),
    flight: colour('cell-flight'),
    rescue: colour('cell-rescue'),
    trouble: colour('cell-trouble'),
    failed: colour('cell-failed'),
    rest: colour('cell-flight-rest'),
    text: colour('text'),
  };
}

function box(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
  radius: number,
  fill: string,
) {
  context.fillStyle = fill;
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fill();
}

/** Known without its colour, too. */
function mark(context: CanvasRenderingContext2D, x: number, y: number, size: number) {
  context.strokeStyle = 'rgb(0 0 0 / 70%)';
  context.lineWidth = 1.6;
  context.beginPath();
  context.moveTo(x + size * 0.5, y + size * 0.22);
  context.lineTo(x + size * 0.5, y + size * 0.58);
  context.moveTo(x + size * 0.5, y + size * 0.72);
  context.lineTo(x + size * 0.5, y + size * 0.78);
  context.stroke();
}
