/** What the panel asks about its rows, and how it shows them. */

import type { Row } from '../data/answers';
import type { Verbs } from '../data/source';

export type RowsQuestion = Required<Omit<Verbs['rows']['ask'], 'limit'>>;

export interface Look {
  metrics?: readonly string[];
  marked?: Map<string, Row>;
  opened?: string;
  alone?: boolean;
}
