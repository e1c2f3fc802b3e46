import { type AlertPlan } from '../../../api';
import { formatRelative, formatTime, isKnown } from '../../../format';
import { type Fact, Facts } from '../Facts';
import { countActions, modeText } from './plan';

export interface PlanFactsProps {
  plan: AlertPlan;
  /** Where files are written, if that is known. */
  fileDir?: string;
  /** When the plan was asked for, in ms since 1970. */
  now: number;
  timeZone: string;
}

/** Where rules go, when they were last applied, and how many are as wanted. */
export function PlanFacts({ plan, fileDir, now, timeZone }: PlanFactsProps) {
  return <Facts facts={[modeFact(plan, fileDir), appliedFact(plan, now, timeZone), ...countFacts(plan)]} />;
}

function modeFact({ mode, automatic }: AlertPlan, fileDir: string | undefined): Fact {
  const when = automatic ? 'Changes are applied as they arise.' : 'Somebody has to press "Apply".';
  const notes = {
    api: when,
    file: `${fileDir ? `Written to ${fileDir}. ` : ''}Grafana reads them when it starts. ${when}`,
    off: 'Burnline keeps no rules in Grafana. Backtests and noise figures remain.',
  };
  return { term: 'Rules go', value: modeText(mode), note: notes[mode] };
}

function appliedFact({ lastApplied: { at, applied } }: AlertPlan, now: number, timeZone: string): Fact {
  if (!isKnown(at)) {
    return { term: 'Last applied', value: 'Never', note: 'Not since Burnline was started.' };
  }
  const changes = applied === 1 ? '1 rule' : `${applied} rules`;
  return {
    term: 'Last applied',
    value: formatRelative(at, now),
    note: `${formatTime(at, timeZone)}. The last change wrote ${changes}.`,
  };
}

function countFacts({ mode, groups, changes, errors }: AlertPlan): Fact[] {
  const wanted = groups.reduce((sum, { rules }) => sum + rules.length, 0);
  const fact = { term: 'Rules wanted', value: String(wanted), note: `In ${groups.length} groups` };
  if (mode === 'file' || (changes.length === 0 && errors.length > 0)) {
    return [fact];
  }
  const counts = countActions(changes);
  return [
    fact,
    { term: 'As wanted', value: String(counts.unchanged) },
    { term: 'To create', value: String(counts.create) },
    { term: 'To update', value: String(counts.update) },
    { term: 'To remove', value: String(counts.delete) },
    {
      term: 'Edited in Grafana',
      value: String(counts.drift),
      note: counts.adopted > 0 ? `${counts.adopted} more kept by choice` : undefined,
    },
    { term: 'Conflicts', value: String(counts.conflict) },
  ];
}
