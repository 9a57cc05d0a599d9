/**
 * Made when something of it is asked for. A client of the SDK takes a millisecond or two to make, at the start of a
 * function that may send no request by it.
 */
export function onFirstUse<T extends object>(make: () => T): T {
  let made: T | undefined;
  return new Proxy({} as T, {
    get(_, name) {
      made ??= make();
      const value: unknown = Reflect.get(made, name);
      return typeof value === 'function' ? value.bind(made) : value;
    },
  });
}
