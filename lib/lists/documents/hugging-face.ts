import { baseOf } from '../finish/base.ts';
import { invalidList } from '../input/invalid-list.ts';
import type { ListOptions } from '../options.ts';

/** `/api/{models|datasets|spaces}/{repo}/tree/{revision}` */
const TREE = /^\/api\/(models|datasets|spaces)\/(.+?)\/tree\/([^/]+)(?:\/.*)?$/;

/**
 * Where the files of a tree lie, from the URL of the tree:
 * `https://huggingface.co/[datasets/]{repo}/resolve/{revision}/`.
 * A revision that is no commit may move while the list is read: pin it.
 * @throws PieceworkError `InvalidList` where neither that URL nor a base is known
 */
export function huggingFaceBase(options: Pick<ListOptions, 'base' | 'listUrl'>): string {
  const { base, listUrl } = options;
  const given = baseOf({ ...(base === undefined ? {} : { base }) });
  if (given !== undefined) return given;
  const url = listUrl === undefined ? null : URL.parse(listUrl);
  const [, kind, repo, revision] = TREE.exec(url?.pathname ?? '') ?? [];
  if (url === null || kind === undefined) {
    throw invalidList(
      '(huggingface) has paths and no URLs; say where the files lie (--base https://huggingface.co/REPO/resolve/COMMIT/)',
    );
  }
  return `${url.origin}/${kind === 'models' ? '' : `${kind}/`}${repo}/resolve/${revision}/`;
}
