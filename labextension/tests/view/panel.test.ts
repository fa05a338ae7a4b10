import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { PanelOptions } from '../../src/view/data/opening';
import { drawPanel } from '../../src/view/panel';
import type { Page, Row } from '../../src/view/data/answers';
import { RequestError, type Verbs } from '../../src/view/data/source';
import { HOSTILE, registry, row, ScriptedSource, version } from './fixtures';

const ROWS = [row('churn', 3), row('churn', 2, { stages: ['prod'] }), row('churn', 1)];
const host = document.createElement('div');
let end: () => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers();
  document.body.append(host);
});
afterEach(() => {
  end();
  vi.useRealTimers();
  host.remove();
});

const page = (rows: readonly Row[], sort = '-time'): Page => ({
  rows,
  offset: 0,
  total: rows.length,
  totalIsLowerBound: false,
  sort,
  hint: '',
  models: {},
  params: {},
});
const found = (ref: string): Row =>
  ROWS.find((each) => [each.ref, each.commit].includes(ref)) ?? ROWS[0]!;
const ANSWERS = {
  registry: () => registry(),
  rows: () => page(ROWS),
  version: ({ ref }: Verbs['version']['ask']) => version(found(ref)),
  log: () => ({ rows: ROWS.slice(0, 1), more: true }),
};

function draw(source: ScriptedSource, options: Partial<PanelOptions> = {}): void {
  end = drawPanel(host, source, { opening: {}, ...options });
}

const initial = { registry: registry(), rows: page(ROWS) };
const refs = (): Array<string | undefined> =>
  [...host.querySelectorAll<HTMLElement>('tbody tr .nbm-cell-version')].map(
    (cell) => cell.textContent ?? '',
  );
const one = <E extends HTMLElement>(selector: string): E => host.querySelector<E>(selector) as E;
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

async function write(text: string, pause = 200): Promise<void> {
  const box = one<HTMLInputElement>('[type=search]');
  box.focus();
  box.value = text;
  box.dispatchEvent(new Event('input', { bubbles: true }));
  await vi.advanceTimersByTimeAsync(pause);
}

function press(key: string): void {
  document.activeElement?.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }),
  );
}

describe('the first paint', () => {
  it('asks nothing if the page brought the answers', async () => {
    const source = new ScriptedSource(ANSWERS);
    draw(source, { initial });
    expect(refs()).toEqual(['churn@3', 'churn@2', 'churn@1']);
    await settle();
    expect(source.asked).toEqual([]);
  });

  it('asks otherwise, and shows placeholders', async () => {
    draw(new ScriptedSource(ANSWERS));
    expect(host.querySelectorAll('.nbm-skeleton-row').length).toBeGreaterThan(0);
    await settle();
    expect(refs()).toHaveLength(3);
  });

  it.each([
    [
      registry({ versions: 0, hint: 'Commit one: %model_commit clf' }),
      'Commit one: %model_commit clf',
    ],
    [registry(), 'Use fewer words'],
  ])('of nothing says what is next', async (own, next) => {
    draw(new ScriptedSource({ ...ANSWERS, registry: () => own, rows: () => page([]) }));
    await settle();
    expect(one('.nbm-empty').textContent).toContain(next);
  });

  it('without a registry shows the error and a button to try again', async () => {
    let missing = true;
    const refuse = (): never => {
      throw new RequestError('There is no registry here.', 'Run %model_init.', 'RegistryNotFound');
    };
    draw(new ScriptedSource({ ...ANSWERS, registry: () => (missing ? refuse() : registry()) }));
    await settle();
    expect(one('.nbm-notices').textContent).toContain('There is no registry here.Run %model_init.');
    missing = false;
    one('.nbm-notices button').click();
    await settle();
    expect(refs()).toHaveLength(3);
    expect(one('.nbm-notices').textContent).toBe('');
  });

  it('counts and lists unreadable versions', () => {
    const unreadable = [{ ref: HOSTILE, commit: 'a'.repeat(40), reason: HOSTILE }];
    draw(new ScriptedSource(ANSWERS), {
      initial: { ...initial, registry: registry({ unreadable, name: HOSTILE }) },
    });
    expect(one('.nbm-unreadable summary').textContent).toContain('1 version cannot be read');
    expect(host.querySelector('img, script')).toBeNull();
  });
});

describe('the filter', () => {
  it('asks once after the last key', async () => {
    const source = new ScriptedSource(ANSWERS);
    draw(source, { initial });
    await write('c', 30);
    await write('ch', 30);
    await write('chu', 59);
    expect(source.of('rows')).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(source.of('rows').map(({ args }) => args)).toMatchObject([
      { query: 'chu', offset: 0, every: false },
    ]);
  });

  it('uses only the answer to the last question', async () => {
    const source = new ScriptedSource({ ...ANSWERS, rows: undefined });
    draw(source, { initial });
    await write('a');
    await write('ab');
    const [older, newer] = source.of('rows');
    newer?.resolve(page([ROWS[1]!]));
    await settle();
    older?.resolve(page([ROWS[2]!]));
    await settle();
    expect(refs()).toEqual(['churn@2']);
    expect(document.activeElement).toBe(one('[type=search]'));
  });

  it('names what no version has, in a status below the field', async () => {
    const hint = 'No version has the metric "acurracy".';
    const source = new ScriptedSource({
      ...ANSWERS,
      rows: ({ query }: Verbs['rows']['ask']) => (query ? { ...page([]), hint } : page(ROWS)),
    });
    draw(source, { initial });
    const remark = one('.nbm-search-remark');
    expect([remark.getAttribute('role'), remark.textContent]).toEqual(['status', '']);
    await write('metrics.acurracy > 0');
    expect(one('.nbm-search-hint').textContent).toBe(hint);
    expect(one('[type=search]').getAttribute('aria-describedby')).toBe(remark.id);
    expect(one('[type=search]').getAttribute('aria-invalid')).toBe('false');
    await write('');
    expect(remark.childElementCount).toBe(0);
  });

  it('keeps the rows and the text when the search is refused', async () => {
    const refuse = (): never => {
      throw new RequestError('The search is not clear.', '', 'InvalidQuery');
    };
    const source = new ScriptedSource({
      ...ANSWERS,
      rows: ({ query }: Verbs['rows']['ask']) => (query === '(' ? refuse() : page(ROWS)),
    });
    draw(source, { initial });
    await write('(');
    expect(one('.nbm-search-trouble').textContent).toBe('The search is not clear.');
    expect(one('[type=search]').getAttribute('aria-invalid')).toBe('true');
    expect(refs()).toHaveLength(3);
    await write('churn');
    expect(one('.nbm-search-remark').childElementCount).toBe(0);
  });

  it('stays when another control is used at once', async () => {
    const source = new ScriptedSource(ANSWERS);
    draw(source, { initial });
    await write('prod', 10);
    one('[role=switch]').focus();
    one('[role=switch]').click();
    await vi.advanceTimersByTimeAsync(100);
    expect(one<HTMLInputElement>('[type=search]').value).toBe('prod');
    expect(source.of('rows').at(-1)?.args).toMatchObject({ query: 'prod', every: true });
  });
});

describe('the state of the controls', () => {
  const auc = (): HTMLElement => one('[data-by="metrics.auc"]');
  const order = (): string | null | undefined => auc().closest('th')?.getAttribute('aria-sort');
  const every = (): string | null => one('[role=switch]').getAttribute('aria-checked');
  const busy = (): string | null => one('.nbm-left').getAttribute('aria-busy');
  const waiting = (): ScriptedSource => new ScriptedSource({ ...ANSWERS, rows: undefined });

  it('changes together with the rows', async () => {
    const source = waiting();
    draw(source, { initial });
    auc().click();
    await settle();
    expect([order(), busy(), refs()[0]]).toEqual(['none', 'true', 'churn@3']);
    // Another view of the same rows keeps their state.
    one('tbody .nbm-check').click();
    expect(order()).toBe('none');
    source.of('rows')[0]?.resolve(page([...ROWS].reverse(), '-metrics.auc'));
    await settle();
    expect([order(), busy(), refs()[0]]).toEqual(['descending', 'false', 'churn@1']);
    one('[role=switch]').click();
    await settle();
    expect(every()).toBe('false');
    source.of('rows')[1]?.resolve(page([...ROWS, row('price', 1)], '-metrics.auc'));
    await settle();
    expect([every(), refs().length]).toEqual(['true', 4]);
  });

  it('follows the last of several presses', async () => {
    const source = waiting();
    draw(source, { initial });
    auc().click();
    auc().click();
    one('[role=switch]').click();
    one('[role=switch]').click();
    one('[role=switch]').click();
    const asked = source.of('rows');
    expect(asked.at(-1)?.args).toMatchObject({ sort: 'metrics.auc', every: true });
    asked.forEach(({ resolve }) => resolve(page(ROWS, 'metrics.auc')));
    await settle();
    expect([order(), every()]).toEqual(['ascending', 'true']);
  });

  it('stays when a question is refused, and the next question continues from it', async () => {
    const source = waiting();
    draw(source, { initial });
    await write('(');
    source.of('rows')[0]?.reject(new RequestError('The search is not clear.', '', 'InvalidQuery'));
    await settle();
    auc().click();
    const second = source.of('rows')[1];
    expect(second?.args).toMatchObject({ query: '', sort: '-metrics.auc' });
    second?.resolve(page(ROWS, '-metrics.auc'));
    await settle();
    expect(order()).toBe('descending');
    expect(one('.nbm-search-trouble').textContent).toBe('The search is not clear.');
  });

  it('stays without an answer, and the question can be repeated', async () => {
    const source = waiting();
    draw(source, { initial });
    auc().click();
    source.of('rows')[0]?.reject(new RequestError('The kernel is busy.', '', 'Unreachable'));
    await settle();
    expect([order(), refs()[0]]).toEqual(['none', 'churn@3']);
    one('.nbm-notices button').click();
    await settle();
    expect(source.of('rows')[1]?.args).toMatchObject({ sort: '-metrics.auc' });
    source.of('rows')[1]?.resolve(page(ROWS, '-metrics.auc'));
    await settle();
    expect(order()).toBe('descending');
  });

  it('names the order of the text, until a heading is pressed or the text has a new order', async () => {
    const source = waiting();
    draw(source, { initial });
    await write('order by auc');
    source.of('rows')[0]?.resolve(page(ROWS, 'metrics.auc'));
    await settle();
    expect(order()).toBe('ascending');
    auc().click();
    expect(source.of('rows')[1]?.args).toMatchObject({
      query: 'order by auc',
      sort: '-metrics.auc',
    });
    source.of('rows')[1]?.resolve(page(ROWS, '-metrics.auc'));
    await settle();
    await write('churn order by auc');
    expect(source.of('rows')[2]?.args).toMatchObject({ sort: '-metrics.auc' });
    source.of('rows')[2]?.resolve(page(ROWS, '-metrics.auc'));
    await settle();
    await write('churn order by date');
    expect(source.of('rows')[3]?.args).toMatchObject({ query: 'churn order by date', sort: '' });
  });

  it('describes an empty answer too', async () => {
    const source = waiting();
    draw(source, { initial: { ...initial, rows: page([]) } });
    expect(one('.nbm-empty').textContent).toContain('or search every version');
    one('[role=switch]').click();
    one('tbody').click();
    expect(one('.nbm-empty').textContent).toContain('or search every version');
    source.of('rows')[0]?.resolve(page([]));
    await settle();
    expect(one('.nbm-empty').textContent).not.toContain('every version');
  });
});

describe('the opening', () => {
  it('of a model shows its versions and opens the latest', async () => {
    const source = new ScriptedSource(ANSWERS);
    draw(source, { opening: { model: 'churn' } });
    await settle();
    expect(source.of('rows')[0]?.args).toMatchObject({ query: 'name = "churn"', every: true });
    expect(source.of('version')[0]?.args).toEqual({ ref: 'churn' });
    expect(one('.nbm-details h2').textContent).toBe('churn@3');
    expect(one('tr[aria-current]').textContent).toContain('churn@3');
  });

  it('of a card opens its editor', async () => {
    draw(new ScriptedSource(ANSWERS, ['card']), { initial, opening: { edit: 'churn@3' } });
    await settle();
    expect(one('[role=tab][aria-selected=true]').dataset['name']).toBe('card');
    expect(host.querySelector('textarea')).not.toBeNull();
  });
});

describe('the keyboard', () => {
  it('opens, closes and marks for a comparison', async () => {
    draw(new ScriptedSource(ANSWERS), { initial });
    one('tbody tr').focus();
    press('ArrowDown');
    press('Enter');
    await settle();
    expect(one('.nbm-details h2').textContent).toBe('churn@2');
    one('[data-key=close]').focus();
    press('Escape');
    expect(one('.nbm-details').hidden).toBe(true);
    expect(document.activeElement?.textContent).toContain('churn@2');
    one('tbody tr').focus();
    press(' ');
    press('ArrowDown');
    const compare = [...host.querySelectorAll('button')].find((each) =>
      each.textContent?.startsWith('Compare'),
    );
    expect(compare?.disabled).toBe(true);
    press(' ');
    expect(compare?.disabled).toBe(false);
    expect(compare?.textContent).toBe('Compare2');
  });
});

describe('a change of the registry', () => {
  it('keeps the focus, the scroll position and the text of the user', async () => {
    const rows = [...ROWS];
    const source = new ScriptedSource({
      ...ANSWERS,
      rows: () => page(rows),
      version: ({ ref }: Verbs['version']['ask']) =>
        version(rows.find((each) => each.ref === ref || `${each.model}@${each.commit}` === ref)!),
    });
    draw(source, { initial });
    one('tbody tr:nth-child(2)').click();
    await settle();
    host
      .querySelector<HTMLElement>('[role=tab][data-name=parameters], [role=tab]:nth-child(3)')
      ?.click();
    one('tbody tr:nth-child(2)').focus();
    const tab = one('[role=tab][aria-selected=true]').dataset['name'];
    rows[1] = { ...rows[1]!, stages: ['prod', 'dev'] };
    rows.unshift(row('churn', 4));
    source.changed();
    await settle();
    expect(refs()[0]).toBe('churn@4');
    expect((document.activeElement as HTMLElement).dataset['commit']).toBe(rows[2]?.commit);
    expect(one('.nbm-details-title .nbm-chips').textContent).toBe('proddev');
    expect(one('[role=tab][aria-selected=true]').dataset['name']).toBe(tab);
  });

  it('that cannot be read is said once, however often the panel asks', async () => {
    let gone = false;
    const source = new ScriptedSource({
      ...ANSWERS,
      version: ({ ref }: Verbs['version']['ask']) => {
        if (gone) {
          throw new RequestError('The registry no longer exists.', 'Restore it.', 'RegistryGone');
        }
        return version(found(ref));
      },
    });
    draw(source, { initial });
    one('tbody tr').click();
    await settle();
    gone = true;
    for (let turn = 0; turn < 3; turn += 1) {
      source.changed();
      await settle();
    }
    const notices = [...host.querySelectorAll('.nbm-details .nbm-notice-error')];
    expect(notices.map(({ textContent }) => textContent)).toEqual([
      'The registry no longer exists.Restore it.',
    ]);
  });

  it('that deletes the open version closes its details', async () => {
    let gone = false;
    const source = new ScriptedSource({
      ...ANSWERS,
      version: ({ ref }: Verbs['version']['ask']) => {
        if (gone) {
          throw new RequestError('There is no version.', '', 'NotFound');
        }
        return version(found(ref));
      },
    });
    draw(source, { initial });
    one('tbody tr').click();
    await settle();
    expect(one('.nbm-details').hidden).toBe(false);
    gone = true;
    source.changed();
    await settle();
    expect(one('.nbm-details').hidden).toBe(true);
  });

  it('is ignored after the panel has ended', async () => {
    const source = new ScriptedSource(ANSWERS);
    draw(source, { initial });
    end();
    source.changed();
    await settle();
    expect(source.asked).toEqual([]);
    expect(host.children).toHaveLength(0);
  });
});

it('a version that cannot be opened shows the error', async () => {
  const source = new ScriptedSource({
    ...ANSWERS,
    version: () => {
      throw new RequestError('The commit is not here.', 'Run git fetch.', 'NotFound');
    },
  });
  draw(source, { initial });
  one('tbody tr').click();
  await settle();
  expect(one('.nbm-details').textContent).toContain('The commit is not here.Run git fetch.');
});
