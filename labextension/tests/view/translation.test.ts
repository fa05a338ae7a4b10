import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { setTranslator } from '../../src/lab/translation';
import { ago } from '../../src/view/data/format';
import { TABS } from '../../src/view/contents';
import { drawPanel } from '../../src/view/panel';
import { actionButtons } from '../../src/view/tabs/actions';
import { setTranslation, trans, type Translation } from '../../src/view/translation';
import { registry, row, ScriptedSource, version } from './fixtures';

const GERMAN: Readonly<Record<string, string>> = {
  'Every version': 'Alle Versionen',
  'Filter versions': 'Versionen filtern',
  'No version matches.': 'Keine Version gefunden.',
  '%2 version': '%2 Fassung',
  '%2 versions': '%2 Fassungen',
  '%1–%2 of %3': '%1–%2 von %3',
  Release: 'Freigeben',
  'Release %1': '%1 freigeben',
  'Equivalent command': 'Entspricht',
  Cancel: 'Abbrechen',
  Reason: 'Grund',
  '%1 is missing.': '%1 fehlt.',
  'Roll back': 'Zurückrollen',
  Metrics: 'Metriken',
};

/** As a bundle of JupyterLab: a text that it does not know stays English. */
const bundle: Translation = {
  __: (text, ...args) => filled(GERMAN[text] ?? text, args),
  _n: (one, many, n, ...args) => bundle.__(n === 1 ? one : many, n, ...args),
};

function filled(text: string, args: readonly unknown[]): string {
  return text.replace(/%(\d+)/g, (_, place) => String(args[Number(place) - 1]));
}

const VERSIONS = [row('churn', 2, { stages: ['prod'] }), row('churn', 1)];
let end: () => void = () => undefined;

beforeEach(() => {
  // jsdom has the element without its methods.
  HTMLDialogElement.prototype.showModal ??= () => undefined;
});
afterEach(() => {
  end();
  setTranslation(null);
  document.body.replaceChildren();
});

function panelWith(rows = VERSIONS): HTMLElement {
  const page = {
    rows,
    offset: 0,
    total: rows.length,
    totalIsLowerBound: false,
    sort: '-time',
    hint: '',
    models: {},
    params: {},
  };
  const initial = { registry: registry({ versions: 2 }), rows: page };
  end = drawPanel(document.body, new ScriptedSource({}), { opening: {}, initial });
  return document.body;
}

function dialogOf(verb: string): HTMLDialogElement {
  const buttons = actionButtons({
    source: new ScriptedSource({}),
    registry: registry(),
    version: version(VERSIONS[0]!),
    host: document.body,
    done: () => undefined,
    failed: () => undefined,
  });
  document.body.replaceChildren(buttons);
  buttons.querySelector<HTMLElement>(`[data-key=${verb}]`)!.click();
  return document.querySelector('dialog')!;
}

const text = (selector: string): string => document.querySelector(selector)?.textContent ?? '';

describe('with a translation', () => {
  beforeEach(() => setTranslation(bundle));

  it('the panel shows its texts, counts and range in that language', () => {
    panelWith();
    expect(text('.nbm-switch')).toBe('Alle Versionen');
    expect(document.querySelector('[type=search]')?.getAttribute('aria-label')).toBe(
      'Versionen filtern',
    );
    expect(text('.nbm-counts')).toBe('1 model, 2 Fassungen');
    expect(text('.nbm-range')).toBe('1–2 von 2');
  });

  it('the panel says in that language that nothing was found', () => {
    panelWith([]);
    expect(text('.nbm-empty')).toContain('Keine Version gefunden.');
  });

  it('a dialog and its button are in that language, but not the command', () => {
    const dialog = dialogOf('release');
    expect(text('[data-key=release]')).toBe('Freigeben');
    expect(dialog.querySelector('h2')?.textContent).toBe('churn@2 freigeben');
    expect(dialog.textContent).toContain('Entspricht');
    expect(dialog.querySelector('.nbm-dialog-buttons')?.textContent).toBe('AbbrechenFreigeben');
    expect(dialog.querySelector('code')?.textContent).toBe('%model_release churn@2 --bump minor');
  });

  it('an error of a dialog is in that language', () => {
    const dialog = dialogOf('rollback');
    dialog.querySelector('form')?.requestSubmit();
    expect(dialog.querySelector('[role=alert]')?.textContent).toContain('Grund fehlt.');
  });

  it('the titles of the tabs are in that language', () => {
    expect(TABS.map(({ title }) => title)).toContain('Metriken');
  });

  it('without a text for a sentence, it stays English', () => {
    expect(ago(1000, 1000)).toBe('just now');
  });
});

describe('without a translation', () => {
  it('the panel is English', () => {
    panelWith();
    expect(text('.nbm-switch')).toBe('Every version');
    expect(text('.nbm-counts')).toBe('1 model, 2 versions');
    expect(text('.nbm-range')).toBe('1–2 of 2');
  });

  it('a dialog is English', () => {
    expect(dialogOf('rollback').querySelector('h2')?.textContent).toBe('Roll back churn');
  });

  it('arguments are placed by number, and a percent sign stays', () => {
    expect(trans.__('%2 before %1, 100%', 'a', 'b')).toBe('b before a, 100%');
    expect(trans._n('%1 of %2', '%1s of %2', 2, '%1')).toBe('2s of %1');
  });
});

describe("JupyterLab's translator", () => {
  it('is asked for the texts of nbmodel', () => {
    const domains: string[] = [];
    const load = (domain: string): Translation => {
      domains.push(domain);
      return bundle;
    };
    setTranslator({ load } as never);
    expect(domains).toEqual(['nbmodel']);
    expect(trans.__('Cancel')).toBe('Abbrechen');
    setTranslator(null);
    expect(trans.__('Cancel')).toBe('Cancel');
  });
});
