/** The view that a page shows, as the part of its address behind `#`: `#/churn/3/monitor`. */

export type Route =
  | { view: 'home' }
  | { view: 'versions' }
  /** `ref` names one version; an empty tab is the one that was used last. */
  | { view: 'version'; ref: string; tab: string }
  | { view: 'compare'; refs: readonly string[] };

const HOME: Route = { view: 'home' };
const COMPARE = 'compare';

/** The route of an address; null for an address that names none. */
export function routeOf(hash: string): Route | null {
  const parts = partsOf(hash);
  if (!parts) {
    return null;
  }
  const [first = '', selector = '', tab = ''] = parts;
  if (!first) {
    return HOME;
  }
  if (first === 'versions' && parts.length === 1) {
    return { view: 'versions' };
  }
  const refs = parts.slice(1);
  if (first === COMPARE && refs.length > 1 && refs.every((ref) => ref.includes('@'))) {
    return { view: 'compare', refs };
  }
  return { view: 'version', ref: selector ? `${first}@${selector}` : first, tab };
}

/** The address of a route. */
export function hashOf(route: Route): string {
  switch (route.view) {
    case 'home':
      return '#/';
    case 'versions':
      return '#/versions';
    case 'compare':
      return address([COMPARE, ...route.refs]);
    case 'version': {
      const [, model = '', selector = ''] = /^([^@#]*)[@#]?(.*)$/.exec(route.ref) ?? [];
      return address([model, selector || 'latest', route.tab].filter(Boolean));
    }
  }
}

/** The decoded parts of an address; null if it is not one of ours. */
function partsOf(hash: string): string[] | null {
  if (!hash.startsWith('#/')) {
    return null;
  }
  try {
    return hash.slice(2).replace(/\/$/, '').split('/').map(decodeURIComponent);
  } catch {
    return null; // a percent sign that encodes nothing
  }
}

function address(parts: readonly string[]): string {
  const encoded = parts.map((part) => encodeURIComponent(part).replace(/%(3A|40)/g, decode));
  return `#/${encoded.join('/')}`;
}

const decode = (code: string): string => decodeURIComponent(code);
