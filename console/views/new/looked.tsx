import type { DryRun } from '../../api/shapes.ts';
import { bytes, count, dollars, NONE, seconds } from '../../words/format.ts';
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
  const costs = known.flatMap(({ cost }) => cost ?? []);
  return (
    <section class="card" aria-label="What the sources say" aria-live="polite">
      <div class="card-head">
        <h2>
          {bytes(total)} in {count(known.length, 'file')}
          {rows.length > known.length ? `, ${rows.length - known.length} can’t be had` : ''}
        </h2>
        <span class="soft">Nothing has been fetched yet.</span>
      </div>
      <Costs costs={costs} />
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
              {costs.length > 0 ? <th scope="col">Cost</th> : null}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ url, one }) =>
              'dryRun' in one ? (
                <Known key={url} url={url} look={one.dryRun} hasCost={costs.length > 0} />
              ) : (
                <tr key={url}>
                  <td class="name-cell">{lastSegment(url)}</td>
                  <td colSpan={costs.length > 0 ? 7 : 6} class="tone-failed">
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

type Cost = NonNullable<DryRun['cost']>;

/** What it comes to on AWS, and what is not in it. */
function Costs({ costs }: { readonly costs: readonly Cost[] }) {
  const [first] = costs;
  if (first === undefined) return null;
  const sum = costs.reduce((all, one) => all + one.dollars, 0);
  return (
    <p class="soft">
      About <strong>{dollars(sum)}</strong> of AWS, by list prices of {first.prices.region} ({first.prices.asOf}),
      without {first.notIncluded.join('; ')}.
    </p>
  );
}

const ITEMS: Readonly<Record<Cost['items'][number]['item'], string>> = {
  s3Writes: 'S3 writes',
  s3Reads: 'S3 reads',
  queueRequests: 'requests to SQS',
  functionRuns: 'runs of functions',
  gbSeconds: 'GB-seconds of functions',
  events: 'events',
  apiRequests: 'requests to the API',
  nat: 'GiB through a NAT gateway',
  egress: 'GiB out of the Region',
};

function itemsOf({ items }: Cost): string {
  return items
    .map(
      ({ item, quantity, dollars: amount }) => `${dollars(amount)} ${quantity.toLocaleString('en-GB')} ${ITEMS[item]}`,
    )
    .join(', ');
}

const VERSIONS: Readonly<Record<DryRun['snapshot']['validator']['kind'], string>> = {
  strong: 'strong ETag',
  weak: 'weak ETag',
  date: 'by date',
  none: 'not proved',
};

interface KnownProps {
  readonly url: string;
  readonly look: DryRun;
  readonly hasCost: boolean;
}

function Known({ url, look, hasCost }: KnownProps) {
  const { snapshot, plan, destination, exists, estimate, cost } = look;
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
      {hasCost ? (
        <td class="number" title={cost === undefined ? '' : itemsOf(cost)}>
          {cost === undefined ? NONE : dollars(cost.dollars)}
        </td>
      ) : null}
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
