import type { DryRun } from '../../api/shapes.ts';
import { bytes, count, NONE, seconds } from '../../words/format.ts';
import { lastSegment } from '../../words/names.ts';
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
  const total = known.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
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

const VERSIONS: Readonly<Record<string, string>> = {
  strong: 'strong ETag',
  weak: 'weak ETag',
  date: 'by date',
  none: 'not proved',
};

function Known({ url, look }: { readonly url: string; readonly look: DryRun }) {
  const { source, plan, sizeBytes, warnings = [], estimatedSeconds } = look;
  const digests = Object.keys(look.digests ?? source.digests ?? {});
  return (
    <tr>
      <td class="name-cell">
        {lastSegment(url)}
        {digests.length === 0 ? null : <div class="soft">publishes {digests.join(', ')}</div>}
        {warnings.map((warning) => (
          <div key={warning} class="tone-trouble">
            {warning}
          </div>
        ))}
      </td>
      <td class="number">{bytes(sizeBytes ?? source.sizeBytes)}</td>
      <td>{source.ranges === true ? 'yes' : 'no'}</td>
      <td>{VERSIONS[source.validator?.kind ?? 'none'] ?? NONE}</td>
      <td>{source.contentType ?? NONE}</td>
      <td class="number">{plan?.pieceCount ?? (plan?.mode === 'stream' ? 'one stream' : 1)}</td>
      <td class="number">{estimatedSeconds === undefined ? NONE : `about ${seconds(estimatedSeconds)}`}</td>
    </tr>
  );
}
