import { Socket } from 'node:net';

/**
 * An address that drops every packet, for as long as it is not disposed of: a connection to it is neither made nor
 * refused. @param given is called each time that one is asked for.
 */
export function silentAddress(address: string, given: () => void = () => {}): Disposable {
  const real = Socket.prototype.connect;
  function connect(this: Socket, ...args: unknown[]): Socket {
    const [first] = args;
    const target: unknown = Array.isArray(first) ? first[0] : first;
    const { host } = Object(target) as { host?: string };
    if (host !== address) return Reflect.apply(real, this, args);
    given();
    return this;
  }
  Socket.prototype.connect = connect as typeof real;
  return {
    [Symbol.dispose]() {
      Socket.prototype.connect = real;
    },
  };
}
