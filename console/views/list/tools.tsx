import { useMemo } from 'preact/hooks';
import { hrefOf } from '../../route.ts';
import type { Row } from '../../state/rows.ts';
import { useStore } from '../../state/store.ts';
import { adviceFor } from '../../words/advice.ts';
import type { Choice, Group } from './choice.ts';
import { isOf } from './choice.ts';
import { COLUMNS, showColumn, shownColumns } from './columns.tsx';

interface ToolsProps {
  readonly rows: ReadonlyMap<string, Row>;
  readonly version: number;
  readonly choice: Choice;
  onChange(next: Choice): void;
}

const GROUPS: readonly (readonly [Group, string])[] = [
  ['all', 'All'],
  ['active', 'Active'],
  ['failed', 'Failed'],
  ['completed', 'Completed'],
  ['cancelled', 'Cancelled'],
];

export function Tools({ rows, version, choice, onChange }: ToolsProps) {
  const { counts, hosts, codes } = useMemo(() => tally(rows), [rows, version]);
  const change = (part: Partial<Choice>) => onChange({ ...choice, ...part });
  return (
    <div class="tools">
      <div class="groups" role="group" aria-label="By status">
        {GROUPS.map(([group, title]) => (
          <button
            key={group}
            type="button"
            class="group"
            aria-pressed={choice.group === group}
            onClick={() => change({ group })}
          >
            {title} <span class="soft number">{counts[group].toLocaleString('en-GB')}</span>
          </button>
        ))}
      </div>
      <div class="search">
        <input
          id="search"
          type="search"
          placeholder="Search name, link, place or id"
          aria-label="Search name, link, place or id"
          aria-keyshortcuts="/"
          value={choice.search}
          onInput={({ currentTarget }) => change({ search: currentTarget.value })}
        />
      </div>
      <Pick
        label="Host"
        none="Every host"
        value={choice.host}
        values={hosts.map((host) => [host, host])}
        onPick={(host) => change({ host })}
      />
      <Pick
        label="Cause"
        none="Every cause"
        value={choice.code}
        values={codes.map((code) => [code, adviceFor(code).title])}
        onPick={(code) => change({ code })}
      />
      <Pick
        label="Kind"
        none="All kinds"
        value={choice.kind === 'all' ? '' : choice.kind}
        values={[
          ['transfer', 'Transfers'],
          ['batch', 'Batches'],
        ]}
        onPick={(kind) => change({ kind: kind === '' ? 'all' : (kind as Choice['kind']) })}
      />
      <Columns />
      <a class="button main" href={hrefOf({ view: 'new' })} aria-keyshortcuts="n">
        New
      </a>
    </div>
  );
}

interface PickProps {
  readonly label: string;
  readonly none: string;
  readonly value: string;
  readonly values: readonly (readonly [string, string])[];
  onPick(value: string): void;
}

function Pick({ label, none, value, values, onPick }: PickProps) {
  if (values.length === 0 && value === '') return null;
  return (
    <select
      class="pick-one"
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => onPick(currentTarget.value)}
    >
      <option value="">{none}</option>
      {values.map(([key, title]) => (
        <option key={key} value={key}>
          {title}
        </option>
      ))}
    </select>
  );
}

function Columns() {
  const keys = useStore(shownColumns);
  return (
    <details class="columns">
      <summary class="button">Columns</summary>
      <div class="menu">
        {COLUMNS.filter(({ isAlways }) => !isAlways).map(({ key, title }) => (
          <label key={key}>
            <input
              type="checkbox"
              checked={keys.has(key)}
              onChange={({ currentTarget }) => showColumn(key, currentTarget.checked)}
            />
            {title}
          </label>
        ))}
      </div>
    </details>
  );
}

function tally(rows: ReadonlyMap<string, Row>) {
  const counts: Record<Group, number> = { all: 0, active: 0, failed: 0, completed: 0, cancelled: 0 };
  const hosts = new Set<string>();
  const codes = new Set<string>();
  for (const row of rows.values()) {
    for (const [group] of GROUPS) if (isOf(group, row)) counts[group] += 1;
    if (row.host !== '') hosts.add(row.host);
    if (row.code !== undefined) codes.add(row.code);
  }
  return { counts, hosts: [...hosts].sort(), codes: [...codes].sort() };
}
