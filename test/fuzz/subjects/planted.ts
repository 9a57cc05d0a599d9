import fc from 'fast-check';
import { subject } from '../subject.ts';

/** What is wrong with each of these is to be found; they run only where a test names them. */
export const PLANTED = [
  subject({
    name: 'planted-crash',
    inputs: fc.string(),
    begin: () => (text) => {
      if (text.length > 5) throw new TypeError('planted');
    },
  }),
  subject({
    name: 'planted-pollution',
    inputs: fc.constant('polluted'),
    begin(cleanup) {
      cleanup.defer(() => Reflect.deleteProperty(Object.prototype, 'polluted'));
      return (name) => Object.defineProperty(Object.prototype, name, { configurable: true });
    },
  }),
  subject({
    name: 'planted-hang',
    inputs: fc.constant(`${'a'.repeat(200)}b`),
    begin: () => (text) => /^(a+)+$/.test(text),
  }),
];
