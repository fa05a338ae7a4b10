/** Every fact of a model with the state of its signature, and what is wrong with them. */

import { h, notice, type Child } from '../ui/dom';
import { growing } from '../ui/growing';
import { count, magic, shellWord } from '../data/format';
import type { Audit, AuditFact } from '../data/audit';
import type { Tab, TabContext } from '../ui/tab';
import { trans } from '../translation';
import { eventRow, eventTable } from './eventTable';

/** Most facts of an answer. */
const MAX_FACTS = 1000;
/** Facts on a page. */
const PAGE = 200;

export const auditTab: Tab = {
  name: 'audit',
  get title() {
    return trans.__('Audit');
  },
  ofModel: true,
  async draw(context) {
    const { model } = context.version.row;
    if (!context.source.can('audit')) {
      return notice(
        'empty',
        trans.__('An audit reads everything from git, which this page does not have.'),
        trans.__('Run it in a clone: %1', magic('audit', model)),
      );
    }
    const audit = await context.source.ask('audit', { model, limit: MAX_FACTS });
    return h('div', { class: 'nbm-audit' }, verdict(audit), findings(audit), facts(audit, context));
  },
};

/** How many facts are in which state, and whether anything is wrong. */
function verdict({ total, states, problems }: Audit): HTMLElement {
  const amounts = states.map(([state, amount]) => `${count(amount)} ${state}`).join(', ');
  const every = trans._n('%2 fact: %3.', '%2 facts: %3.', total, count(total), amounts);
  return problems
    ? notice('warning', trans._n('%2 finding', '%2 findings', problems, count(problems)), every)
    : notice('info', trans.__('Nothing is wrong.'), every);
}

function findings({ findings: shown, problems, model }: Audit): Child {
  return [
    shown.length > 0 &&
      h(
        'ul',
        { class: 'nbm-audit-findings', 'aria-label': trans.__('Findings') },
        shown.map(({ where, kind, problem }) =>
          h('li', null, h('b', null, where), ` (${kind}): ${problem}`),
        ),
      ),
    problems > shown.length && rest(problems - shown.length, model),
  ];
}

function facts(audit: Audit, context: TabContext): Child {
  const { facts: shown, total } = audit;
  const { table, body } = eventTable(trans.__('Facts'), [
    trans.__('Date'),
    trans.__('Fact'),
    trans.__('Version'),
    trans.__('Author'),
    trans.__('Signature'),
    trans.__('Reason'),
  ]);
  const more = growing({
    items: shown,
    body,
    draw: (fact) => line(fact, context),
    first: PAGE,
    page: PAGE,
    label: (next) => trans.__('Show %1 more of %2', next, shown.length),
  });
  return [table, more, total > shown.length && rest(total - shown.length, audit.model)];
}

/** What the answer leaves out, and the command that writes all of it. */
function rest(amount: number, model: string): HTMLElement {
  const line = `nbmodel audit ${shellWord(model)} --as html > audit.html`;
  return h(
    'p',
    { class: 'nbm-faint' },
    trans.__('%1 more are left out. All of them, in a shell: %2', count(amount), line),
  );
}

function line(fact: AuditFact, context: TabContext): HTMLElement {
  const { what, author, text, state, signature } = fact;
  const signed = h(
    'span',
    { class: state === 'bad' ? 'nbm-audit-bad' : null },
    // An address that does not fit is broken behind its @.
    signature.split(/(?<=@)/).flatMap((part, at) => (at ? [h('wbr'), part] : [part])),
  );
  return eventRow(fact, context, what, author, signed, text);
}
