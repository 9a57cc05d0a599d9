import type { Hosts } from '../../lib/index.ts';
import { stated } from '../../lib/values/stated.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { formatBytes, formatDuration } from '../../lib/values/units.ts';
import type { VerbCall } from '../verb.ts';
import { writeLine } from './lines.ts';
import { writeJson } from './reporters/json-reporter.ts';
import { table } from './text.ts';

type Host = Hosts['hosts'][number];

/** @param home whose API answered. Absent = this machine's state folder */
export function writeHosts({ context, settings }: VerbCall, hosts: readonly Host[], home?: string): void {
  if (settings.json === true) {
    writeJson(context.stdout, { type: 'result', ...stated({ home }), hosts });
    return;
  }
  for (const line of hostTable(hosts, context.now())) writeLine(context.stdout, line);
  if (hosts.length === 0 && settings.quiet !== true) writeLine(context.stderr, 'no host is known');
}

const HEADING = ['HOST', 'OPEN', 'BEARS', 'RATE', 'PER CONNECTION', 'PIECES', 'ASKED', 'WAIT', 'FAILURES'];

/** A line for each; what is not known is `-`. */
function hostTable(hosts: readonly Host[], now: number): readonly string[] {
  if (hosts.length === 0) return [];
  return table(
    HEADING,
    hosts.map((host) => {
      const { name, connections, bytesPerSecond, connectionBytesPerSecond, requests, lastSeenAt, closedUntil } = host;
      return [
        printable(name),
        String(connections.now),
        String(connections.limit ?? '-'),
        rate(bytesPerSecond),
        rate(connectionBytesPerSecond),
        String(requests ?? '-'),
        lastSeenAt === undefined ? '-' : `${formatDuration(Math.max(0, now - Date.parse(lastSeenAt)))} ago`,
        closedUntil === undefined ? '-' : formatDuration(Math.max(0, Date.parse(closedUntil) - now)),
        failures(host),
      ];
    }),
  );
}

function rate(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? '-' : `${formatBytes(bytesPerSecond)}/s`;
}

/** The most frequent first. */
function failures({ errors }: Host): string {
  const kinds = Object.entries(errors).sort(([, a], [, b]) => b - a);
  return kinds.length === 0 ? '-' : kinds.map(([code, count]) => `${code} ${count}`).join(', ');
}
