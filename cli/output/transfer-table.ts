import { formatBytes, formatDuration } from '../../lib/values/units.ts';
import { shorten, table } from './text.ts';

/** A transfer as a line of a list, of this machine or of a deployment. */
export interface TransferRow {
  readonly id: string;
  readonly state: string;
  readonly sizeBytes: number | undefined;
  readonly createdAt: string;
  /** Redacted. */
  readonly source: string;
  readonly destination: string;
  /** On a line of its own. @default none */
  readonly reason?: string;
}

const HEADING = ['ID', 'STATE', 'SIZE', 'AGE', 'SOURCE', 'DESTINATION'];
/** Narrower, neither end of a URL says anything. */
const LEAST_PLACE_COLUMNS = 10;

/** Source and destination share the columns that the rest leaves. */
export function transferTable(rows: readonly TransferRow[], now: number, columns: number): readonly string[] {
  const fixed = rows.map(({ id, state, sizeBytes, createdAt }) => [
    id,
    state,
    sizeBytes === undefined ? '-' : formatBytes(sizeBytes),
    formatDuration(Math.max(0, now - Date.parse(createdAt))),
  ]);
  const used = Math.max(0, ...table(HEADING.slice(0, 4), fixed).map((line) => line.length)) + 4;
  const room = Math.max(2 * LEAST_PLACE_COLUMNS, columns - used);
  const most = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => [...text].length));
  const destinations = most(rows.map(({ destination }) => destination));
  const forSource = Math.max(Math.floor(room / 2), room - destinations);
  const forDestination = room - Math.min(forSource, most(rows.map(({ source }) => source)));
  const lines = table(
    HEADING,
    rows.map(({ source, destination }, index) => [
      ...(fixed[index] ?? []),
      shorten(source, forSource),
      shorten(destination, forDestination),
    ]),
  );
  return lines.flatMap((line, index) => {
    const reason = rows[index - 1]?.reason;
    return reason === undefined ? [line] : [line, `    ${reason}`];
  });
}
