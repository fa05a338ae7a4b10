/**
 * The only way in which user interfaces make elements.
 *
 * All text comes from a registry and may be an attack, so no function here accepts markup. Children
 * become text nodes, values become attributes, and handlers are functions.
 */

import { trans } from '../translation';

export type Child = Node | string | number | null | undefined | false | readonly Child[];

type Handler = (event: never) => void;
export type Value = string | number | boolean | null | undefined | Handler | Record<string, string>;
export type Props = Readonly<Record<string, Value>>;

const SVG = 'http://www.w3.org/2000/svg';

/** Attributes that would run or load something. */
const REFUSED = new Set(['srcdoc', 'src', 'action', 'formaction', 'data', 'xlink:href']);
/** Properties of form fields whose attribute is only the initial value. */
const LIVE = new Set(['value', 'checked', 'indeterminate']);

/**
 * Make an HTML element.
 *
 * `class`, `role`, `aria-*` and the like become attributes. `null`, `undefined` and `false` leave
 * an attribute out, but booleans of `aria-*` are spelled out. `onclick` and the like must be
 * functions. `style` is an object of CSS properties, including `--custom` ones.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props?: Props | null,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setProps(element, props ?? {});
  append(element, children);
  return element;
}

/** Make an SVG element, by the same rules as `h`. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  props?: Props | null,
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  setProps(element, props ?? {});
  append(element, children);
  return element;
}

/** Replace the children of `element` by `children`. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren();
  append(element, children);
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) {
      append(element, child as readonly Child[]);
    } else if (child !== null && child !== undefined && child !== false) {
      element.append(typeof child === 'object' ? (child as Node) : String(child));
    }
  }
}

/** Set attributes and listeners as `h` does. */
export function setProps(element: HTMLElement | SVGElement, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    setProp(element, name, value);
  }
}

function setProp(element: HTMLElement | SVGElement, name: string, value: Value): void {
  if (REFUSED.has(name.toLowerCase())) {
    throw new TypeError(`the attribute ${name} is not for drawn text`);
  }
  if (/^on/i.test(name)) {
    listen(element, name, value);
  } else if (name === 'style') {
    for (const [property, text] of Object.entries((value ?? {}) as Record<string, string>)) {
      element.style.setProperty(property, text);
    }
  } else if (LIVE.has(name)) {
    Object.assign(element, { [name]: value });
  } else {
    setAttribute(element, name, value);
  }
}

function listen(element: Element, name: string, value: Value): void {
  if (value === null || value === undefined || value === false) {
    return;
  }
  if (typeof value !== 'function') {
    throw new TypeError(`${name} must be a function`);
  }
  element.addEventListener(name.slice(2).toLowerCase(), value as unknown as EventListener);
}

function setAttribute(element: Element, name: string, value: Value): void {
  const text = typeof value === 'boolean' && name.startsWith('aria-') ? String(value) : value;
  if (text === null || text === undefined || text === false) {
    element.removeAttribute(name);
  } else {
    const plain = typeof text === 'string' || typeof text === 'number' ? String(text) : '';
    if (name === 'href' && !safeAddress(plain)) {
      element.removeAttribute(name);
    } else {
      element.setAttribute(name, plain);
    }
  }
}

/** Whether a link to `address` is allowed: the web, a mail, or a place in this page. */
export function safeAddress(address: string): boolean {
  return /^(https?:\/\/|mailto:|#)/i.test(address);
}

/** Paths of 16 x 16 icons, drawn with a stroke of 1.5. */
const ICONS = {
  search: 'M7 12.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM11 11l3.5 3.5',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'M3 8.5 6.5 12 13 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  up: 'M4 10l4-4 4 4',
  down: 'M4 6l4 4 4-4',
  left: 'M10 4 6 8l4 4',
  right: 'M6 4l4 4-4 4',
  first: 'M11.5 4l-4 4 4 4M4.5 4v8',
  last: 'M4.5 4l4 4-4 4M11.5 4v8',
  columns: 'M2.5 3h11v10h-11zM6.5 3v10M10 3v10',
  compare: 'M6 3H2.5v10H6M10 3h3.5v10H10M8 1.5v13',
  download: 'M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11',
  upload: 'M8 10.5v-8M4.5 6 8 2.5 11.5 6M2.5 13.5h11',
  trash: 'M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.5 9h7l.5-9M6.7 7v4M9.3 7v4',
  tag: 'M2 2.5h6L14 8.5 8.5 14 2 7.5zM5 5.5h.01',
  merge: 'M3.5 2v12M3.5 3.5c0 6 9 3 9 9M12.5 14v-1.5',
  promote: 'M8 13.5v-10M3.5 7.5 8 3l4.5 4.5',
  rollback: 'M6 3 2.5 6.5 6 10M2.5 6.5h7a4 4 0 0 1 0 8H6',
  warning: 'M8 2 1.5 13.5h13zM8 6.5v3M8 11.5h.01',
  info: 'M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 7.5v4M8 5h.01',
  edit: 'M10.5 2.5l3 3-8 8h-3v-3z',
  stop: 'M4 4h8v8H4z',
  lock: 'M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  average: 'M1.5 11C4 3 6 3 8 8s4 5 6.5-3',
  anomaly: 'M1.5 12 5 9l3 2 6.5-6M8 7a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  model: 'M8 1.5 14 4.5v7L8 14.5 2 11.5v-7zM2 4.5l6 3 6-3M8 7.5v7',
} as const;

export type IconName = keyof typeof ICONS;

/** An icon that screen readers skip, so the element around it needs a label. */
export function icon(name: IconName): SVGSVGElement {
  return svg(
    'svg',
    { class: 'nbm-icon', viewBox: '0 0 16 16', 'aria-hidden': true, focusable: 'false' },
    svg('path', { d: ICONS[name] }),
  );
}

/** A placeholder as high as `lines` lines, while something is loading. */
export function skeleton(lines = 3): HTMLElement {
  return h(
    'div',
    { class: 'nbm-busy', role: 'status', 'aria-label': trans.__('Loading') },
    Array.from({ length: lines }, () => h('div', { class: 'nbm-skeleton' })),
  );
}

export type NoticeKind = 'info' | 'empty' | 'warning' | 'error';

/** A notice: what is wrong, and what to do next. */
export function notice(kind: NoticeKind, what: string, next = ''): HTMLElement {
  return h(
    'div',
    { class: `nbm-notice nbm-notice-${kind}`, role: kind === 'error' ? 'alert' : 'note' },
    icon(kind === 'error' || kind === 'warning' ? 'warning' : 'info'),
    h('div', null, h('p', { class: 'nbm-notice-what' }, what), next && h('p', null, next)),
  );
}
