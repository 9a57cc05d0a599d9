import type { Settings } from './props.ts';
import { PieceworkPropsError } from './props-error.ts';

/** What begins so is ours. */
export const OWN_TAGS = 'piecework:';
/** AWS takes 50 of a resource; some are ours, some the app's. */
const MOST_TAGS = 40;

/**
 * Names and values that every service takes, which is less than some of them do.
 * https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions
 */
export function checkTags({ tags }: Pick<Settings, 'tags'>): void {
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags))
    throw new PieceworkPropsError('tags must be an object of names and values: { team: "files" }.');
  const all = Object.entries(tags);
  if (all.length > MOST_TAGS)
    throw new PieceworkPropsError(`tags has ${all.length} of them, and there can be ${MOST_TAGS} here.`);
  for (const [name, value] of all) {
    if (!/^[\p{L}\p{N} _.:/=+@-]{1,128}$/u.test(name) || /^aws:/i.test(name))
      throw new PieceworkPropsError(
        `tags has the name "${name}": give 1 to 128 letters, digits, spaces and _.:/=+@-, and not aws: at the begin.`,
      );
    if (name.toLowerCase().startsWith(OWN_TAGS))
      throw new PieceworkPropsError(`tags has the name "${name}"; those that begin with ${OWN_TAGS} are set here.`);
    if (typeof value !== 'string' || !/^[\p{L}\p{N} _.:/=+@-]{0,256}$/u.test(value))
      throw new PieceworkPropsError(
        `the tag "${name}" must have up to 256 letters, digits, spaces and _.:/=+@- as its value, and has ${JSON.stringify(value)}.`,
      );
  }
}
