/** One deliberate fault: a text that stands in a file exactly once, and what takes its place in a copy. */
export interface Mutation {
  /** What the mutated code does. */
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Where histories must show it. @default the functions of a deployment */
  readonly home?: 'machine';
  /** The first seed, where the situation is rare. @default 1 */
  readonly from?: number;
}

/** @throws Error when the code has moved on, and the mutation with it has to. */
export function mutated(source: string, { name, file, find, replace }: Mutation): string {
  const count = source.split(find).length - 1;
  if (count !== 1)
    throw new Error(`"${name}": its text stands ${count} times in ${file}, not once; bring it up to date`);
  return source.replace(find, () => replace);
}
