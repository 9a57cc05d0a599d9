/** A failure of a connection that we state ourselves, known by its code, as Node's own are. */
export function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
