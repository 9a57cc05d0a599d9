import type { Token } from 'stream-json/core/parser.js';
import { invalidList } from '../input/invalid-list.ts';
import { Assembled } from './assembled.ts';

export interface ItemReceiver {
  /** An item that was read whole. `root` has the short fields of the document itself that came before. */
  item(value: unknown, pointer: readonly string[], root: Readonly<Record<string, unknown>>): void;
  tooLarge(pointer: readonly string[]): void;
}

/** Characters of an item; more is an error of that item, and is not kept. */
const MAX_ITEM = 4 * 1024 * 1024;
/** What a value counts for besides its characters: many small ones need memory too. */
const VALUE = 16;
const MAX_DEPTH = 100;
const MAX_ROOT_FIELDS = 50;
const MAX_ROOT_TEXT = 2048;

interface Level {
  readonly isArray: boolean;
  /** Of the element that is read now. */
  key: string;
  index: number;
}

/** Finds the elements of `outers` (paths to arrays or objects) in a document of any length, and keeps one at a time. */
export class ItemStream {
  readonly #outers: readonly (readonly string[])[];
  readonly #receiver: ItemReceiver;
  readonly #levels: Level[] = [];
  readonly #root: Record<string, unknown> = {};
  #rootFields = 0;
  /** Of the item that is read now. */
  #item: Assembled | undefined;
  #text: string[] = [];
  #textLength = 0;

  constructor(outers: readonly (readonly string[])[], receiver: ItemReceiver) {
    this.#outers = outers;
    this.#receiver = receiver;
  }

  take(token: Token): void {
    switch (token.name) {
      case 'startObject':
      case 'startArray':
        this.#open(token.name === 'startArray');
        break;
      case 'endObject':
      case 'endArray':
        this.#close();
        break;
      case 'stringChunk':
      case 'numberChunk':
        this.#chunk(token.value);
        break;
      case 'endKey':
        this.#key(this.#taken());
        break;
      case 'endString':
        this.#scalar(this.#taken());
        break;
      case 'endNumber':
        this.#scalar(numberOf(this.#taken()));
        break;
      case 'nullValue':
      case 'trueValue':
      case 'falseValue':
        this.#scalar(token.value);
        break;
      default:
    }
  }

  #open(isArray: boolean): void {
    if (this.#levels.length >= MAX_DEPTH) throw invalidList(`is JSON that is nested more than ${MAX_DEPTH} deep`);
    this.#begin();
    this.#item?.grow(VALUE, MAX_ITEM);
    this.#item?.open(isArray);
    this.#levels.push({ isArray, key: '', index: 0 });
  }

  #close(): void {
    this.#levels.pop();
    this.#item?.close();
    this.#end();
  }

  #key(name: string): void {
    const level = this.#levels.at(-1);
    if (level !== undefined) level.key = name;
    this.#item?.key(name);
  }

  #scalar(value: unknown): void {
    this.#begin();
    this.#item?.scalar(value);
    if (this.#item === undefined) this.#keepOfRoot(value);
    this.#end();
  }

  /** A value begins: perhaps it is an item. */
  #begin(): void {
    const level = this.#levels.at(-1);
    if (level?.isArray === true) level.key = String(level.index++);
    if (this.#item === undefined && this.#isElement()) this.#item = new Assembled(this.#levels.length);
  }

  #end(): void {
    const item = this.#item;
    if (item === undefined || item.depth !== this.#levels.length) return;
    this.#item = undefined;
    const pointer = this.#levels.map(({ key }) => key);
    if (item.isTooLarge) this.#receiver.tooLarge(pointer);
    else this.#receiver.item(item.value, pointer, this.#root);
  }

  /** Whether a value here is an element of one of the paths. */
  #isElement(): boolean {
    const path = this.#levels.map(({ key }) => key);
    // What other items lie in is no item itself.
    return this.#isOuter(path.slice(0, -1)) && path.length > 0 && !this.#isOuter(path);
  }

  #isOuter(path: readonly string[]): boolean {
    return this.#outers.some((outer) => outer.length === path.length && outer.every((name, at) => name === path[at]));
  }

  #keepOfRoot(value: unknown): void {
    const [root, ...others] = this.#levels;
    if (root === undefined || root.isArray || others.length > 0 || this.#rootFields >= MAX_ROOT_FIELDS) return;
    if (typeof value === 'string' && value.length > MAX_ROOT_TEXT) return;
    this.#rootFields += 1;
    Object.defineProperty(this.#root, root.key, { value, enumerable: true, configurable: true });
  }

  #chunk(text: string): void {
    if (this.#item?.grow(text.length, MAX_ITEM) === false) return;
    // Outside of an item nothing long is needed.
    if (this.#item === undefined && this.#textLength > MAX_ROOT_TEXT) return;
    this.#text.push(text);
    this.#textLength += text.length;
  }

  #taken(): string {
    const text = this.#text.join('');
    this.#text = [];
    this.#textLength = 0;
    this.#item?.grow(VALUE, MAX_ITEM);
    return text;
  }
}

/** A whole number that JavaScript can't hold stays as it is written. */
function numberOf(text: string): unknown {
  return /^\d+$/.test(text) && !Number.isSafeInteger(Number(text)) ? text : Number(text);
}
