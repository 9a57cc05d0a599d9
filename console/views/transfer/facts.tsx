import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ShownDetail } from '../../api/shapes.ts';
import { bytes } from '../../words/format.ts';

const VALIDATORS: Readonly<Record<string, string>> = {
  strong: 'a strong ETag, which shows any change',
  weak: 'a weak ETag',
  date: 'the date of its last change',
  none: 'none: its version can’t be proved',
};

/** The source as it answered, and where it goes. */
export function Source({ detail, place }: { readonly detail: ShownDetail; readonly place: string }) {
  const { source, snapshot, plan } = detail;
  const redirects = snapshot?.redirectHosts ?? [];
  const digests = Object.entries(snapshot?.digests ?? {});
  return (
    <section class="card" aria-label="Source and destination">
      <h2>Source and destination</h2>
      <dl class="facts">
        <Fact title="From">
          <span class="mono">{source.url}</span>
          {source.withheld ? <span class="soft"> Secret parts are not shown.</span> : null}
        </Fact>
        <Fact title="To">
          <span class="mono">{place}</span>
        </Fact>
        {redirects.length === 0 ? null : <Fact title="Redirected">{redirects.join(' → ')}</Fact>}
        {snapshot === undefined ? null : (
          <>
            <Fact title="Size">{bytes(snapshot.sizeBytes ?? plan?.sizeBytes)}</Fact>
            {snapshot.contentType === undefined ? null : <Fact title="Type">{snapshot.contentType}</Fact>}
            <Fact title="Ranges">
              {snapshot.ranges === true ? 'yes: pieces side by side' : 'no: one connection, from begin to end'}
            </Fact>
            <Fact title="Version">
              {VALIDATORS[snapshot.validator?.kind ?? 'none'] ?? snapshot.validator?.kind}
              {snapshot.validator?.value === undefined ? null : <span class="mono"> {snapshot.validator.value}</span>}
            </Fact>
          </>
        )}
        {digests.map(([algorithm, hex]) => (
          <Fact key={algorithm} title={algorithm}>
            <span class="mono">{hex}</span>
          </Fact>
        ))}
      </dl>
    </section>
  );
}

const PROVED: Readonly<Record<string, string>> = {
  validator: 'by the source’s validator: every piece came with it',
  digest: 'by a digest of all bytes',
  'one-answer': 'the source contradicted itself, and all bytes came in one answer',
  unverified: 'not proved: the source has nothing that tells its versions apart',
};

export function Proofs({ detail }: { readonly detail: ShownDetail }) {
  const { result } = detail;
  if (result === undefined) return null;
  return (
    <section class="card" aria-label="Proofs">
      <h2>Proofs</h2>
      <dl class="facts">
        <Fact title="One version">{PROVED[result.version] ?? result.version}</Fact>
        {result.end === 'unproved' ? <Fact title="End">nothing proves that these are all bytes</Fact> : null}
        {result.crc32 === undefined ? null : (
          <Fact title="crc32">
            <span class="mono">{result.crc32}</span>{' '}
            <span class="soft">combined from the pieces, checked on the way</span>
          </Fact>
        )}
        {Object.entries(result.digests).map(([algorithm, hex]) => (
          <Fact key={algorithm} title={algorithm}>
            <span class="mono">{hex}</span> <span class="soft">proved before the object was visible</span>
          </Fact>
        ))}
        {result.etag === undefined ? null : (
          <Fact title="ETag">
            <span class="mono">{result.etag}</span>
          </Fact>
        )}
      </dl>
    </section>
  );
}

export function Command({ command }: { readonly command: string | undefined }) {
  const [isCopied, setCopied] = useState(false);
  if (command === undefined) return null;
  return (
    <section class="card" aria-label="In a terminal">
      <div class="card-head">
        <h2>The same in a terminal</h2>
        <button
          type="button"
          class="button"
          onClick={() => void navigator.clipboard.writeText(command).then(() => setCopied(true))}
        >
          {isCopied ? 'Copied' : 'Copy'}
        </button>
      </div>
      <pre class="command" tabIndex={0}>
        {command}
      </pre>
    </section>
  );
}

function Fact({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}
