/** The model card, the facts above it, and its editor. */

import { h, notice, type Child } from '../ui/dom';
import { markdown, parts } from './markdown';
import { dateTime, number } from '../data/numbers';
import type { Version } from '../data/answers';
import { RequestError } from '../data/source';
import type { Tab, TabContext } from '../ui/tab';
import { trans } from '../translation';

const rewritten = (): string =>
  trans.__(
    'The sections “Metrics”, “Parameters”, “Signature” and “Load it” are written again with each version. Your own sections are kept.',
  );

export const cardTab: Tab = {
  name: 'card',
  get title() {
    return trans.__('Card');
  },
  draw(context) {
    const card = h('div', { class: 'nbm-card-container' });
    const editable = context.source.can('card') && !context.readOnly;
    const read = (): void => card.replaceChildren(reading(context, editable ? edit : null));
    const edit = (): void => {
      const [editor, field] = editing(context, read);
      card.replaceChildren(editor);
      field.focus();
    };
    read();
    if (editable && context.edit) {
      edit();
    }
    return h(
      'div',
      { class: 'nbm-card-tab' },
      about(context),
      approvals(context.version),
      notes(context.version),
      card,
    );
  },
};

/** Facts that are usually too long for a column. */
const WIDE = new Set(['object']);

/** The facts in columns, without the empty ones. */
function about({ version, open }: TabContext): HTMLElement {
  const tags = version.tags.map(([name, value]) =>
    h('span', { class: 'nbm-tag', title: value ? `${name}=${value}` : name }, label(name, value)),
  );
  const facts: Array<readonly [string, Child]> = version.about
    .filter(([name, text]) => text && name !== 'tags')
    .map(([name, text]) => [name, h('span', { title: text }, text)] as const);
  const lists = [
    [trans.__('tags'), tags],
    [trans.__('uses'), version.uses.map((ref) => opener(ref, open))],
    [trans.__('used by'), version.usedBy.map((ref) => opener(ref, open))],
  ] as const;
  facts.push(...lists.filter(([, words]) => words.length > 0));
  return h(
    'dl',
    { class: 'nbm-about' },
    facts.map(([name, words]) =>
      h('div', { class: WIDE.has(name) && 'nbm-wide' }, h('dt', null, name), h('dd', null, words)),
    ),
  );
}

/** A link to a version; if the version is not in this registry, its commit id. */
function opener(ref: string, open: (ref: string) => void): HTMLElement {
  return ref.includes('@')
    ? h('button', { type: 'button', class: 'nbm-link', onclick: () => open(ref) }, ref)
    : h('code', { title: trans.__('%1 is not in this registry', ref) }, ref.slice(0, 10));
}

const label = (name: string, value: string): string => (value ? `${name}=${value}` : name);

/** Who approved the version, with the state of each signature as a word. */
function approvals(version: Version): Child {
  const items = version.approvals.map((approval) =>
    h(
      'li',
      { class: 'nbm-note' },
      h('p', null, trans.__('Approved: %1', approval.text)),
      h(
        'p',
        { class: 'nbm-faint' },
        `${approval.author}, ${dateTime(approval.time)}, ${approval.state}`,
      ),
    ),
  );
  return (
    items.length > 0 && h('ul', { class: 'nbm-notes', 'aria-label': trans.__('Approvals') }, items)
  );
}

/** The notes that were added after the commit. */
function notes(version: Version): Child {
  const items = version.notes.map((note) => {
    const scores = note.metrics.map(([name, value]) => `${name} ${number(value)}`).join('  ');
    return h(
      'li',
      { class: 'nbm-note' },
      h('p', null, note.text || scores, note.text && scores && h('code', null, scores)),
      note.files.length > 0 && h('p', null, trans.__('Attached: %1', note.files.join(', '))),
      h('p', { class: 'nbm-faint' }, `${note.author}, ${dateTime(note.time)}`),
    );
  });
  return (
    items.length > 0 && h('ul', { class: 'nbm-notes', 'aria-label': trans.__('Notes') }, items)
  );
}

function reading({ version }: TabContext, edit: (() => void) | null): HTMLElement {
  const { matter, body } = parts(version.card);
  const button =
    edit &&
    h(
      'button',
      { type: 'button', class: 'nbm-button nbm-card-edit', onclick: edit },
      trans.__('Edit card'),
    );
  return h(
    'article',
    { class: 'nbm-card', 'aria-label': trans.__('Card of %1', version.row.ref) },
    button,
    matter && frontMatter(matter),
    body.trim()
      ? h('div', { class: 'nbm-prose' }, markdown(body))
      : notice('empty', trans.__('This version has no card.')),
  );
}

function frontMatter(matter: string): HTMLElement {
  return h(
    'details',
    { class: 'nbm-matter' },
    h('summary', null, trans.__('Front matter')),
    h('pre', { tabindex: 0 }, matter),
  );
}

/** The editor and its field. */
function editing(context: TabContext, cancel: () => void): [HTMLElement, HTMLTextAreaElement] {
  const { version, source } = context;
  const status = h('div', { role: 'status' });
  const field = h('textarea', {
    class: 'nbm-card-field',
    'aria-label': trans.__('Card of %1 in Markdown', version.row.ref),
    spellcheck: 'true',
    value: version.card,
  });
  const save = h(
    'button',
    { type: 'submit', class: 'nbm-button nbm-button-primary' },
    trans.__('Save card'),
  );
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    save.disabled = true;
    status.replaceChildren(trans.__('Saving…'));
    try {
      const result = await source.ask('card', { ref: version.row.ref, text: field.value });
      context.open(result.ref);
    } catch (error) {
      status.replaceChildren(refused(error));
      save.disabled = false;
    }
  };
  const form = h(
    'form',
    {
      class: 'nbm-card-editor',
      onsubmit: (event: Event) => void submit(event),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === 'Escape') {
          event.stopPropagation(); // the key must not close the pane around the editor
          if (field.value === version.card) {
            cancel();
          }
        }
      },
    },
    field,
    h('p', { class: 'nbm-faint' }, rewritten()),
    status,
    h(
      'div',
      { class: 'nbm-bar' },
      save,
      h('button', { type: 'button', class: 'nbm-button', onclick: cancel }, trans.__('Cancel')),
    ),
  );
  return [form, field];
}

function refused(error: unknown): HTMLElement {
  if (error instanceof RequestError) {
    return notice('error', error.what, error.hint);
  }
  return notice(
    'error',
    trans.__('The card was not saved.'),
    error instanceof Error ? error.message : '',
  );
}
