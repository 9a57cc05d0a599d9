import type { LookupFunction } from 'node:net';
import { Socket } from 'node:net';

/** The connector of a process, for as long as it is not disposed of. */
export interface OnlyLoopback extends Disposable {
  /** Whatever else was to be connected to, as `host:port`. Nothing was sent: the attempt failed at once. */
  readonly strangers: readonly string[];
}

interface Target {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string;
  lookup?: LookupFunction;
}

/**
 * Stands where every connection of this process begins (TCP and TLS, of Node and of undici), and lets those to
 * 127.0.0.1 pass. For tests of what is not contacted: at a metadata address, something may answer where they run. A
 * name leads where its own `lookup` says, `localhost` to 127.0.0.1, and any other nowhere.
 */
export function onlyLoopback(): OnlyLoopback {
  const strangers: string[] = [];
  const real = Socket.prototype.connect;

  function connect(this: Socket, ...given: unknown[]): Socket {
    const target = targetIn(given);
    if (target.path !== undefined || target.host === '127.0.0.1') return Reflect.apply(real, this, given);
    if (/^[\d.]+$|:/.test(target.host ?? '')) {
      strangers.push(`${target.host}:${target.port}`);
      process.nextTick(() => this.destroy(refused(target)));
      return this;
    }
    target.lookup = checked(target, target.lookup, strangers);
    return Reflect.apply(real, this, given);
  }

  Socket.prototype.connect = connect as typeof real;
  return {
    strangers,
    [Symbol.dispose]() {
      Socket.prototype.connect = real;
    },
  };
}

/**
 * `net.connect` hands its arguments on as one list that is put in order already; who has a socket
 * gives the options as they are.
 */
function targetIn([first]: readonly unknown[]): Target {
  const options: unknown = Array.isArray(first) ? first[0] : first;
  if (typeof options === 'object' && options !== null) return options;
  throw new TypeError('a connection that is asked for in another way than with options is not watched');
}

function checked(target: Target, own: LookupFunction | undefined, strangers: string[]): LookupFunction {
  return (name, options, callback) => {
    const lookup: LookupFunction = own ?? localhostOnly;
    lookup(name, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
      const stranger = error === null ? addresses.find((address) => address !== '127.0.0.1') : undefined;
      if (stranger === undefined) return callback(error, found, family);
      strangers.push(`${name}:${target.port}`);
      callback(refused(target), '');
    });
  };
}

const localhostOnly: LookupFunction = (name, options, callback) => {
  if (name !== 'localhost') callback(Object.assign(new Error(`${name} is not looked up`), { code: 'ENOTFOUND' }), '');
  else callback(null, options.all === true ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);
};

function refused({ host, port }: Target): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host}:${port} is no address for a test`), { code: 'ECONNREFUSED' });
}
