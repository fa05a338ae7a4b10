import { describe, expect, it, vi } from 'vitest';

import { skeleton, h, icon, notice, safeAddress, svg } from '../../../src/view/ui/dom';
import { HOSTILE } from '../fixtures';

describe('h', () => {
  it('sets text as text', () => {
    const element = h('p', { title: HOSTILE, 'aria-label': HOSTILE }, HOSTILE, [HOSTILE]);
    expect(element.children).toHaveLength(0);
    expect(element.textContent).toBe(HOSTILE + HOSTILE);
    expect(element.title).toBe(HOSTILE);
  });

  it('refuses handlers that are text, and attributes that load or run something', () => {
    expect(() => h('p', { onclick: 'alert(1)' })).toThrow(TypeError);
    expect(() => h('p', { ONCLICK: 'alert(1)' })).toThrow(TypeError);
    expect(() => h('iframe', { srcdoc: HOSTILE })).toThrow(TypeError);
    expect(() => h('img', { src: 'x' })).toThrow(TypeError);
  });

  it.each(['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'vbscript:x', '//x'])(
    'drops the address %s',
    (address) => {
      expect(h('a', { href: address }).hasAttribute('href')).toBe(false);
      expect(safeAddress(address)).toBe(false);
    },
  );

  it('keeps addresses of the web', () => {
    expect(h('a', { href: 'https://example.org' }).getAttribute('href')).toBe(
      'https://example.org',
    );
  });

  it('adds listeners, spells out booleans of aria and leaves out null', () => {
    const click = vi.fn();
    const button = h('button', {
      onclick: click,
      'aria-pressed': false,
      title: null,
      hidden: true,
    });
    button.click();
    expect(click).toHaveBeenCalledOnce();
    expect(button.getAttribute('aria-pressed')).toBe('false');
    expect(button.hasAttribute('title')).toBe(false);
    expect(button.hidden).toBe(true);
  });

  it('draws zero, but not null or false', () => {
    expect(h('p', null, 0, null, false, undefined, '').textContent).toBe('0');
  });
});

describe('small pieces', () => {
  it('makes icons of SVG that are hidden from readers', () => {
    expect(icon('copy').namespaceURI).toBe('http://www.w3.org/2000/svg');
    expect(icon('copy').getAttribute('aria-hidden')).toBe('true');
    expect(svg('path', { d: 'M0 0' }).getAttribute('d')).toBe('M0 0');
  });

  it('shows what is wrong and what to do', () => {
    const element = notice('error', HOSTILE, 'Try again.');
    expect(element.getAttribute('role')).toBe('alert');
    expect(element.querySelector('img')).toBeNull();
    expect(element.textContent).toBe(`${HOSTILE}Try again.`);
    expect(skeleton(2).getAttribute('aria-label')).toBe('Loading');
  });
});
