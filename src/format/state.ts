import type { GrafanaTheme2, IconName } from '@grafana/data';
import type { BadgeColor } from '@grafana/ui';

/** Every state that an SLO can be in, worst first: the order in which a list puts what needs a person. */
export const STATES = [
  'exhausted',
  'page',
  'ticket',
  'error',
  'stale',
  'no data',
  'backfilling',
  'not evaluated',
  'no traffic',
  'ok',
] as const;

export type State = (typeof STATES)[number];

/** What a state means to the reader, apart from its exact words. */
export type Tone = 'good' | 'warning' | 'bad' | 'busy' | 'neutral';

export interface StateLook {
  /** Two or three words for a badge. */
  label: string;
  /** One sentence for a tooltip and for screen readers. */
  description: string;
  /** Shape carries the state too, for those who do not see the colours apart. */
  icon: IconName;
  tone: Tone;
  badge: BadgeColor;
}

const LOOKS: Record<State, StateLook> = {
  ok: {
    label: 'Within budget',
    description: 'Budget is left and is not being spent too fast.',
    icon: 'check-circle',
    tone: 'good',
    badge: 'green',
  },
  ticket: {
    label: 'Slow burn',
    description: 'The budget is being spent too fast: open a ticket.',
    icon: 'exclamation-triangle',
    tone: 'warning',
    badge: 'orange',
  },
  page: {
    label: 'Fast burn',
    description: 'The budget is being spent so fast that someone should be paged.',
    icon: 'fire',
    tone: 'bad',
    badge: 'red',
  },
  exhausted: {
    label: 'Exhausted',
    description: 'All of the error budget is spent.',
    icon: 'times-circle',
    tone: 'bad',
    badge: 'red',
  },
  'no traffic': {
    label: 'No traffic',
    description: 'The source answers, but there were no events in the window.',
    icon: 'pause-circle',
    tone: 'neutral',
    badge: 'darkgrey',
  },
  'no data': {
    label: 'No data',
    description: 'Nothing has been measured in the window.',
    icon: 'question-circle',
    tone: 'warning',
    badge: 'purple',
  },
  stale: {
    label: 'Stale',
    description: 'The newest measurement is too old to trust the budget.',
    icon: 'history',
    tone: 'warning',
    badge: 'purple',
  },
  error: {
    label: 'Source error',
    description: 'The data source cannot be read.',
    icon: 'exclamation-circle',
    tone: 'bad',
    badge: 'purple',
  },
  'not evaluated': {
    label: 'Not evaluated',
    description: 'No new measurements are taken for this SLO.',
    icon: 'minus-circle',
    tone: 'neutral',
    badge: 'darkgrey',
  },
  backfilling: {
    label: 'Backfilling',
    description: 'The past of this SLO is still being read from its source.',
    icon: 'hourglass',
    tone: 'busy',
    badge: 'blue',
  },
};

/** Narrows a state read from a frame. A state of a newer backend shows as "no data" rather than breaking the page. */
export function toState(value: unknown): State {
  return STATES.find((state) => state === value) ?? 'no data';
}

export function stateLook(state: State): StateLook {
  return LOOKS[state];
}

/** Sorts the worst state first; equal states keep their order. */
export function compareStates(a: State, b: State): number {
  return STATES.indexOf(a) - STATES.indexOf(b);
}

/** The text colour of a tone, readable on the theme's background. */
export function toneColor(theme: GrafanaTheme2, tone: Tone): string {
  const colors: Record<Tone, string> = {
    good: theme.colors.success.text,
    warning: theme.colors.warning.text,
    bad: theme.colors.error.text,
    busy: theme.colors.info.text,
    neutral: theme.colors.text.secondary,
  };
  return colors[tone];
}

/** The tone of a remaining budget (a fraction), by the thresholds at which the frames turn red and orange. */
export function budgetTone(remaining: number | null | undefined): Tone {
  if (typeof remaining !== 'number' || !Number.isFinite(remaining)) {
    return 'neutral';
  }
  if (remaining <= 0) {
    return 'bad';
  }
  return remaining < 0.25 ? 'warning' : 'good';
}
