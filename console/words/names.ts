import type { ShownTransfer } from '../api/shapes.ts';

/** The last segment of a path or URL, readable; never empty. */
export function lastSegment(text: string): string {
  const path = text.replace(/[?#].*$/, '').replace(/\/+$/, '');
  const segment = path.slice(path.lastIndexOf('/') + 1);
  return decoded(segment) || text || '(no name)';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function hostOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null || parsed.host === '' ? '' : parsed.host;
}

export function placeOf(destination: ShownTransfer['destination']): string {
  switch (destination.kind) {
    case 's3':
      return `s3://${destination.bucket}/${destination.key}`;
    case 'file':
      return destination.path;
    case 'stdout':
      return 'stdout';
  }
}

/** What people know it by: the name that it gets at the destination. */
export function nameOf({ source, destination }: Pick<ShownTransfer, 'source' | 'destination'>): string {
  return destination.kind === 'stdout' ? lastSegment(source.url) : lastSegment(placeOf(destination));
}
