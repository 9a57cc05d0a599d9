import type { DryRun } from '../../api/shapes.ts';
import { bytes, count, NONE, seconds } from '../../words/format.ts';
import { lastSegment, placeOf } from '../../words/names.ts';
import type { Found } from './use-looks.ts';

/** What the sources say, before anything is fetched. */
export function Looked({
  urls,
  found,
}: {
  readonly urls: readonly string[];
  readonly found: ReadonlyMap<string, Found>;
}) {
  const rows = urls.flatMap((url) => {
    const one = found.get(url);
    return one === undefined ? [] : [{ url, one }];
  });
  if (rows.length === 0) return null;
  const known = rows.flatMap(({ one }) => ('dryRun' in one ? [one.dryRun] : []));
  const total = known.reduce((sum, { snapshot }) => sum + (snapshot.sizeBytes ?? 0), 0);
  return (
    <section class="card" aria-label="What the sources say" aria-live="polite">
      <div class="card-head">
        <h2>
          {bytes(total)} in {count(known.length, 'file')}
          {rows.length > known.length ? `, ${rows.length - known.length} can’t be had` : ''}
        </h2>
        <span class="soft">Nothing has been fetched yet.</span>
      </div>
      <div class="wide" tabIndex={0} role="region" aria-label="Table of sources">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Size</th>
              <th scope="col">Ranges</th>
              <th scope="col">Version</th>
              <th scope="col">Type</th>
              <th scope="col">Pieces</th>
              <th scope="col">Time</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ url, one }) =>
              'dryRun' in one ? (
                <Known key={url} url={url} look={one.dryRun} />
              ) : (
                <tr key={url}>
                  <td class="name-cell">{lastSegment(url)}</td>
                  <td colSpan={6} class="tone-failed">
                    {one.refused}
                  </td>
                </tr>
              ),
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const VERSIONS: Readonly<Record<DryRun['snapshot']['validator']['kind'], string>> = {
  strong: 'strong ETag',
  weak: 'weak ETag',
  date: 'by date',
  none: 'not proved',
};

function Known({ url, look }: { readonly url: string; readonly look: DryRun }) {
  const { snapshot, plan, destination, exists, estimate } = look;
  const digests = Object.keys(snapshot.digests);
  const redirects = snapshot.redirectHosts ?? [];
  const warnings = [...look.warnings, ...(exists ? ['Something is there already.'] : [])];
  return (
    <tr>
      <td class="name-cell">
        {lastSegment(url)}
        <div class="soft">to {placeOf(destination)}</div>
        {redirects.length === 0 ? null : <div class="soft">redirected to {redirects.join(' → ')}</div>}
        {digests.length === 0 ? null : <div class="soft">publishes {digests.join(', ')}</div>}
        {warnings.map((warning) => (
          <div key={warning} class="tone-trouble">
            {warning}
          </div>
        ))}
      </td>
      <td class="number">{bytes(snapshot.sizeBytes)}</td>
      <td>{snapshot.ranges ? 'yes' : 'no'}</td>
      <td>{VERSIONS[snapshot.validator.kind]}</td>
      <td>{snapshot.contentType ?? NONE}</td>
      <td class="number">{piecesOf(plan)}</td>
      <td class="number">{estimate === undefined ? NONE : `about ${seconds(estimate.seconds)}`}</td>
    </tr>
  );
}

function piecesOf(plan: DryRun['plan']): string {
  switch (plan.mode) {
    case 'single':
      return '1';
    case 'stream':
      return 'one stream';
    case 'pieces': {
      const each = `${plan.pieceCount} of ${bytes(plan.pieceSizeBytes)}`;
      return plan.serverSideCopy === true ? `${each}, copied by the store` : each;
    }
  }
}
