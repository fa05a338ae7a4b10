/** The rows of the table: the latest question, and the answer that is shown. */

import type { Page } from '../data/answers';
import type { Opening } from '../data/opening';
import type { Source } from '../data/source';
import { modelOf } from '../monitor/selection';
import { toRequestError } from '../tabs/unreadable';
import { LIMIT } from '../ui/pager';
import type { RowsQuestion } from './state';

export interface RowsEvents {
  /** A request has begun. */
  asked(): void;
  /** The answer or the error of the last request has arrived. */
  settled(): void;
  /** An error that is not about the search. */
  failed(error: unknown): void;
}

/** Errors that the user causes with the search. */
const SEARCH_ERRORS = new Set(['InvalidQuery', 'InvalidValue']);

/** The page of a registry that cannot be read. */
export const NO_ROWS: Page = {
  rows: [],
  offset: 0,
  total: 0,
  totalIsLowerBound: false,
  sort: '',
  hint: '',
  models: {},
  params: {},
};

export class RowsRequest {
  page: Page | null = null;
  /** The question that `page` answers; headings and switches describe its rows. */
  answered: RowsQuestion;
  /** The error of the search; empty if there is none. */
  trouble = '';
  private turn = 0;

  /** `question` is the latest one; its answer may not have arrived. */
  constructor(
    private readonly source: Source,
    public question: RowsQuestion,
    private readonly events: RowsEvents,
  ) {
    this.answered = question;
  }

  /** Whether the rows that are shown have everything that the question asks for. */
  get isAnswered(): boolean {
    return this.page !== null && this.answered.params.length >= this.question.params.length;
  }

  /** Name the parameters of the next questions; returns whether one is new. */
  setParams(params: readonly string[]): boolean {
    const before = this.question.params;
    this.question = { ...this.question, params };
    return params.some((name) => !before.includes(name));
  }

  /** Change the question and ask it; the answer before stays until then. */
  change(to: Partial<RowsQuestion>): Promise<void> {
    this.question = { ...this.question, ...to };
    if (to.query !== undefined) {
      this.trouble = '';
    }
    return this.ask();
  }

  /** Request the rows; if several requests are open, only the last one counts. */
  async ask(): Promise<void> {
    this.turn += 1;
    const { turn, question } = this;
    this.events.asked();
    try {
      const page = await this.source.ask('rows', { ...question, limit: LIMIT });
      if (turn === this.turn) {
        this.page = page;
        this.answered = question;
        this.events.settled();
      }
    } catch (error) {
      if (turn === this.turn) {
        this.refused(error);
        this.events.settled();
      }
    }
  }

  /** Ignore the answers that have not arrived. */
  end(): void {
    this.turn += 1;
  }

  private refused(error: unknown): void {
    const { what, hint, kind } = toRequestError(error);
    if (SEARCH_ERRORS.has(kind)) {
      // The rows stay, so the next question continues from theirs.
      this.question = this.answered;
      this.trouble = `${what} ${hint}`.trim();
    } else {
      this.events.failed(error);
    }
  }
}

/** The versions that an opening begins with. */
export function firstQuestion({ model, monitor }: Opening): RowsQuestion {
  const name = model ?? (monitor && modelOf(monitor.ref));
  const query = name ? `name = "${name.replace(/(["\\])/g, '\\$1')}"` : '';
  return { query, every: Boolean(name), sort: '-time', offset: 0, params: [] };
}
