/** The visible columns of the table, and the menu to choose them. */

import type { Page, Registry } from '../data/answers';
import type { Source } from '../data/source';
import { whileVisible } from '../monitor/visibility';
import type { Choice } from '../ui/chooser';
import { HealthCache } from '../ui/healthCache';
import { ColumnChoice } from './columnChoice';
import { columnsOf, type Column, type ColumnContext } from './columns';

/** The part of a key before the name of a parameter. */
const PARAMS = 'params.';

export class TableColumns {
  /** The columns that the user can show or hide. */
  choices: readonly Choice[] = [];
  visible: readonly Column[] = [];
  private readonly choice: ColumnChoice;
  private readonly healths: HealthCache | null = null;
  private seen = false;

  /** `onChange` is called when health has arrived; `element` holds the table. */
  constructor(
    private readonly source: Source,
    face: string,
    private readonly element: HTMLElement,
    onChange: () => void,
  ) {
    this.choice = new ColumnChoice(face);
    if (source.can('health')) {
      this.healths = new HealthCache(() => this.seen, onChange);
    }
  }

  start(): void {
    const { healths, source, element } = this;
    if (healths) {
      healths.use(source, true);
      whileVisible(element, () => {
        this.seen = true;
        healths.renewStale();
        return () => {
          this.seen = false;
        };
      });
    }
  }

  end(): void {
    this.healths?.dispose();
  }

  /** Use the choice for a registry. */
  use(registry: Registry): void {
    this.choice.use(registry.id);
  }

  /** The registry has changed. */
  renew(): void {
    this.healths?.renew();
  }

  /** The parameters that have a column. */
  params(registry: Registry): string[] {
    return registry.params.filter((name) => this.choice.decisions.get(PARAMS + name));
  }

  /** Compute the columns for the rows of `context`. */
  update(context: Omit<ColumnContext, 'healths'>): void {
    const { decisions } = this.choice;
    const all = columnsOf({ ...context, healths: this.healths });
    this.choices = all
      .filter(({ shown }) => shown !== 'always')
      .map(({ key, title, group }) => ({ value: key, label: title(), group }));
    this.visible = all
      .filter(({ key, shown }) => shown === 'always' || (decisions.get(key) ?? shown))
      .map((column) => ({ ...column, kept: decisions.get(column.key) === true }));
    if (this.visible.some(({ kind }) => kind === 'health')) {
      this.healths?.look(modelsOf(context.page));
    }
  }

  get shown(): string[] {
    return this.visible.map(({ key }) => key);
  }

  get canReset(): boolean {
    return this.choice.decisions.size > 0;
  }

  choose(keys: readonly string[]): void {
    const choices = this.choices.map(({ value }) => value);
    this.choice.choose(choices, this.shown, keys);
  }

  reset(): void {
    this.choice.reset();
  }
}

function modelsOf(page: Page | null): string[] {
  return [...new Set(page?.rows.map(({ model }) => model))];
}
