const PATIENCE_MS = 420_000;
const LOOK_MS = 1_000;

/** Asks again until it is so. @throws Error that says what was waited for */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

export function expectSaid(text: string, ...wanted: readonly (string | RegExp)[]): void {
  const missing = wanted.find((one) => (typeof one === 'string' ? !text.includes(one) : !one.test(text)));
  if (missing !== undefined) throw new Error(`a command did not say ${String(missing)}:\n${text}`);
}
