import { type AlertMode, type AlertPlan, type ChangeAction, type RuleChange } from '../../../api';
import { type Tone } from '../../../format';

export interface ActionLook {
  label: string;
  /** One sentence for a tooltip. */
  description: string;
  icon: 'plus' | 'pen' | 'trash-alt' | 'exclamation-triangle' | 'exclamation-circle' | 'check-circle' | 'lock';
  tone: Tone;
}

/** What is to be done with a rule, what needs a person first. */
export const ACTIONS: Record<ChangeAction, ActionLook> = {
  conflict: {
    label: 'Conflict',
    description:
      'Somebody edited the rule, and Burnline wants another one. Nothing is written before somebody chooses.',
    icon: 'exclamation-circle',
    tone: 'bad',
  },
  drift: {
    label: 'Edited in Grafana',
    description: 'Somebody edited the rule. It stays so until somebody chooses.',
    icon: 'exclamation-triangle',
    tone: 'warning',
  },
  create: { label: 'To create', description: 'Grafana does not have it yet.', icon: 'plus', tone: 'busy' },
  update: { label: 'To update', description: 'The SLO or a setting changed.', icon: 'pen', tone: 'busy' },
  delete: { label: 'To remove', description: 'No SLO wants it any more.', icon: 'trash-alt', tone: 'busy' },
  adopted: {
    label: 'Edit kept',
    description: 'Somebody chose to keep an edit. It is left alone until its SLO wants something else.',
    icon: 'lock',
    tone: 'neutral',
  },
  unchanged: {
    label: 'As wanted',
    description: 'Grafana holds what the SLO wants.',
    icon: 'check-circle',
    tone: 'good',
  },
};

const ORDER = Object.keys(ACTIONS) as ChangeAction[];

/** How many rules need what. */
export function countActions(changes: RuleChange[]): Record<ChangeAction, number> {
  const counts = Object.fromEntries(ORDER.map((action) => [action, 0])) as Record<ChangeAction, number>;
  for (const { action } of changes) {
    counts[action] += 1;
  }
  return counts;
}

/** How many changes applying would make. */
export function pendingOf(changes: RuleChange[]): number {
  return changes.filter(({ action }) => ['create', 'update', 'delete'].includes(action)).length;
}

export interface ChangesOfSLO {
  slo: string;
  changes: RuleChange[];
}

/** The rules that are not as wanted, by SLO; first those that need a person. */
export function differencesBySLO(changes: RuleChange[]): ChangesOfSLO[] {
  const bySLO = new Map<string, RuleChange[]>();
  for (const change of changes.filter(({ action }) => action !== 'unchanged')) {
    bySLO.set(change.slo, [...(bySLO.get(change.slo) ?? []), change]);
  }
  const worst = ({ changes: own }: ChangesOfSLO) => Math.min(...own.map(({ action }) => ORDER.indexOf(action)));
  return [...bySLO]
    .map(([slo, own]) => ({
      slo,
      changes: own.sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action) || a.title.localeCompare(b.title)),
    }))
    .sort((a, b) => worst(a) - worst(b) || a.slo.localeCompare(b.slo));
}

const MODES: Record<AlertMode, string> = {
  api: "Through Grafana's API",
  file: 'As provisioning files',
  off: 'Off',
};

export function modeText(mode: AlertMode): string {
  return MODES[mode];
}

function nothingText({ errors, changes }: AlertPlan): string {
  if (errors.length > 0) {
    return 'What is named above stands in the way.';
  }
  return changes.some(({ action }) => action === 'drift' || action === 'conflict')
    ? 'There is nothing to apply: the rules that somebody edited wait for a choice below.'
    : 'There is nothing to apply.';
}

/** Why "Apply" cannot be pressed; undefined if it can. */
export function applyHindrance(plan: AlertPlan, editor: boolean): string | undefined {
  if (!editor) {
    return 'Only editors and admins of this organisation may apply.';
  }
  if (plan.mode !== 'file' && pendingOf(plan.changes) === 0) {
    return nothingText(plan);
  }
  return undefined;
}
