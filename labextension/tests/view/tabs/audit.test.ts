import { describe, expect, it } from 'vitest';

import { auditTab } from '../../../src/view/tabs/audit';
import type { Audit } from '../../../src/view/data/audit';
import { auditOf, contextOf, FACT, rowOf, versionOf } from '../examples';

const VERSION = versionOf(rowOf());

async function drawn(audit?: Audit): Promise<HTMLElement> {
  return auditTab.draw(contextOf(VERSION, audit ? { audit } : {}));
}

const texts = (root: Element, selector: string): string[] =>
  [...root.querySelectorAll(selector)].map((each) => each.textContent);

describe('an audit', () => {
  it('says first whether anything is wrong', async () => {
    const well = await drawn(auditOf());
    expect(well.firstElementChild!.textContent).toBe('Nothing is wrong.1 fact: 1 unsigned.');
    expect(well.querySelector('.nbm-audit-findings')).toBeNull();
    const finding = { where: 'churn#prod#2', kind: 'signature', problem: 'its signature is bad' };
    const wrong = await drawn(auditOf({ findings: [finding], problems: 1 }));
    expect(wrong.firstElementChild!.textContent).toContain('1 finding');
    expect(texts(wrong, '.nbm-audit-findings li')).toEqual([
      'churn#prod#2 (signature): its signature is bad',
    ]);
  });

  it('lists who did what, when and why, and the state of the signature', async () => {
    const bad = { ...FACT, what: 'stage prod', state: 'bad', signature: 'bad: it does not fit' };
    const element = await drawn(auditOf({ facts: [bad, FACT], total: 2 }));
    const cells = texts(element, 'tbody tr:first-child td').slice(1);
    expect(cells).toEqual(['stage prod', 'churn@1', 'Ann', 'bad: it does not fit', 'first']);
    expect(texts(element, '.nbm-audit-bad')).toEqual(['bad: it does not fit']);
  });

  it('breaks the address of a signer behind its @ only', async () => {
    const signature = 'verified by nina@example.org';
    const element = await drawn(auditOf({ facts: [{ ...FACT, signature }], total: 1 }));
    const cell = element.querySelector('tbody tr td:nth-child(5)')!;
    expect(cell.textContent).toBe(signature);
    expect(cell.querySelector('wbr')!.previousSibling!.textContent).toBe('verified by nina@');
  });

  it('opens the version of a fact', async () => {
    const context = contextOf(VERSION, { audit: auditOf() });
    const element = await auditTab.draw(context);
    element.querySelector<HTMLElement>('.nbm-link')!.click();
    expect(context.opened).toEqual(['churn@1']);
  });

  it('has pages, and says how to get what is left out', async () => {
    const facts = Array.from({ length: 250 }, () => FACT);
    const element = await drawn(auditOf({ facts, total: 1250 }));
    expect(element.querySelectorAll('tbody tr')).toHaveLength(200);
    const more = element.querySelector<HTMLElement>('.nbm-more')!;
    expect(more.textContent).toBe('Show 50 more of 250');
    more.click();
    expect(element.querySelectorAll('tbody tr')).toHaveLength(250);
    expect(element.lastElementChild!.textContent).toBe(
      '1,000 more are left out. All of them, in a shell: nbmodel audit churn --as html > audit.html',
    );
  });

  it('says on a page without git how to run it', async () => {
    expect((await drawn()).textContent).toContain('%model_audit churn');
  });
});
