import { FIELD_NAME, FIELD_VALUE } from '../../values/web/http-fields.ts';

/** Headers that a list asks for, names in lower case. */
export class Headers {
  readonly #fields = new Map<string, string>();

  /** `Name: value`; false where it is none. */
  add(text: string): boolean {
    const colon = text.indexOf(':');
    return colon > 0 && this.set(text.slice(0, colon), text.slice(colon + 1).trim());
  }

  set(name: string, value: string): boolean {
    if (!FIELD_NAME.test(name) || !FIELD_VALUE.test(value) || value === '') return false;
    this.#fields.set(name.toLowerCase(), value);
    return true;
  }

  stated(): { readonly headers?: Readonly<Record<string, string>> } {
    return this.#fields.size === 0 ? {} : { headers: Object.fromEntries(this.#fields) };
  }
}
