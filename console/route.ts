import { takeTokenOfAddress } from './api/session.ts';
import { store } from './state/store.ts';

/** Where the reader is; it stands behind the `#` of the address. */
export type Route =
  | { readonly view: 'list' }
  | { readonly view: 'transfer'; readonly id: string }
  | { readonly view: 'batch'; readonly id: string }
  | { readonly view: 'new' }
  | { readonly view: 'hosts' };

export const route = store<Route>(routeOf(location.hash));

export function followAddress(): void {
  takeTokenOfAddress();
  route.set(routeOf(location.hash));
  addEventListener('hashchange', () => {
    takeTokenOfAddress();
    route.set(routeOf(location.hash));
    scrollTo(0, 0);
  });
}

export function hrefOf(to: Route): string {
  switch (to.view) {
    case 'list':
      return '#/';
    case 'transfer':
      return `#/transfers/${encodeURIComponent(to.id)}`;
    case 'batch':
      return `#/batches/${encodeURIComponent(to.id)}`;
    case 'new':
      return '#/new';
    case 'hosts':
      return '#/hosts';
  }
}

export function go(to: Route): void {
  location.hash = hrefOf(to);
}

function routeOf(hash: string): Route {
  const [, first = '', second = ''] = hash.split('/');
  const id = second.replace(/[^0-9A-Za-z]/g, '');
  if (first === 'transfers' && id !== '') return { view: 'transfer', id };
  if (first === 'batches' && id !== '') return { view: 'batch', id };
  if (first === 'new') return { view: 'new' };
  if (first === 'hosts') return { view: 'hosts' };
  return { view: 'list' };
}
