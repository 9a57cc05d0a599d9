type Stated<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/** Without what is `undefined`: absent means default, and nothing else does. */
export function stated<T extends object>(values: T): Stated<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Stated<T>;
}

/** Without empty texts either: an empty environment variable, an empty header. */
export function filled<T extends object>(values: T): Stated<T> {
  return Object.fromEntries(Object.entries(stated(values)).filter(([, value]) => value !== '')) as Stated<T>;
}
