import { Button } from '@grafana/ui';

export interface MoreButtonProps {
  total: number;
  /** So many are shown at first. */
  first: number;
  all: boolean;
  onToggle: (all: boolean) => void;
}

/** Shows the rest of a long list; nothing for a short one. */
export function MoreButton({ total, first, all, onToggle }: MoreButtonProps) {
  return total > first ? (
    <div>
      <Button variant="secondary" size="sm" onClick={() => onToggle(!all)} aria-expanded={all}>
        {all ? 'Show fewer' : `Show all ${total}`}
      </Button>
    </div>
  ) : null;
}
