import { h, type Child } from './dom';

/** A reference whose name may be cut, but never the number of the version. */
export function shortRef(ref: string): Child {
  const at = ref.lastIndexOf('@');
  if (at <= 0) {
    return ref;
  }
  const tail = ref.slice(at);
  const style = { '--nbm-tail': `${tail.length + 1}ch` };
  return [h('span', { class: 'nbm-ref-name', style }, ref.slice(0, at)), tail];
}
