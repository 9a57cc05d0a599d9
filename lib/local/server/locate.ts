import { isAbsolute } from 'node:path';
import type { AskedDestination, LocateDestination } from '../../api/requests/destinations.ts';
import { noNameFor } from '../../api/requests/destinations.ts';
import type { WrittenDestination } from '../../destinations/kind.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { stated } from '../../values/stated.ts';
import type { LocalDestinations } from '../destinations/local-destinations.ts';

/**
 * A machine writes wherever its user may: to any bucket, and to any absolute path. (A relative one would follow from
 * where the server was started, which a client does not know.)
 */
export function anywhere(destinations: LocalDestinations): LocateDestination {
  return (asked, name) => {
    const { to, makeFolder } = placeFor(destinations, asked, name);
    // The prefix of a batch, whose entries have their own names, makes none.
    if (name !== '') makeFolder?.();
    return to;
  };
}

/** Where it would be. */
export interface FoundPlace extends Pick<WrittenDestination, 'makeFolder'> {
  readonly to: DestinationLocator;
}

/** The same place, and makes nothing. */
export function placeFor(
  destinations: LocalDestinations,
  asked: AskedDestination,
  name: string | undefined,
): FoundPlace {
  if (typeof asked === 'string') return placeOfText(destinations, asked, name);
  const { bucket, key, region, endpoint } = asked;
  const to = destinations.parse(`s3://${bucket}/${key}`).locate('');
  return { to: { ...to, ...stated({ region, endpoint }) } };
}

function placeOfText(destinations: LocalDestinations, text: string, name: string | undefined): FoundPlace {
  if (text === '-' || !(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || isAbsolute(text)))
    throw new PieceworkError(
      'InvalidDestination',
      'the destination is to be s3://bucket/key, or a path that begins at the root of this machine: the server does not know your folder',
    );
  const written = destinations.parse(text);
  const to = written.locate(name ?? '');
  // A folder or a prefix: what is in it depends on the name.
  const takesName = JSON.stringify(to) !== JSON.stringify(written.locate(`${name ?? ''}_`));
  if (takesName && name === undefined) throw noNameFor(to.kind === 's3' ? 'key' : 'path');
  const { makeFolder } = written;
  return { to, ...stated({ makeFolder }) };
}
