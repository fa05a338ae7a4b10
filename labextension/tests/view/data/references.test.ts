import { describe, expect, it } from 'vitest';
import cases from '../../../../tests/data/reference_cases.json';
import { parseReference, stageReference } from '../../../src/view/data/references';

const parsed = cases.parsed as [string, string, string, string, string][];
const printed = cases.printed as [string, string][];

describe('references', () => {
  it.each(parsed)('%s has the parts that Python reads', (text, model, branch, kind, value) => {
    const reference = parseReference(text);
    expect(reference).toMatchObject({ model, branch, stage: kind === 'stage' ? value : '' });
    if (kind !== 'stage' && kind !== 'latest') {
      expect(reference?.selector).toBe(value);
    }
  });

  it.each(printed)('the stage %s is written %s', (stage, reference) => {
    expect(stageReference('churn', stage)).toBe(reference);
    expect(parseReference(reference)?.stage).toBe(stage);
  });

  it.each(['', '@prod', 'churn/prod', 'churn@', 'churn prod', 'churn@7#prod', '-x'])(
    '%j is not a reference',
    (text) => expect(parseReference(text)).toBeNull(),
  );
});
