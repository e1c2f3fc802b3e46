/** The columns of the SLO table, in their order on screen. */
export const COLUMN_KEYS = [
  'state',
  'name',
  'service',
  'objective',
  'sli',
  'remaining',
  'trend',
  'burn1h',
  'burn6h',
  'exhaustion',
  'owner',
  'runbook',
] as const;

export type ColumnKey = (typeof COLUMN_KEYS)[number];

export interface Column {
  label: string;
  /** The room that the column needs. Pixels; the name takes what is left over. */
  width: number;
  /** Columns of low rank go first where there is not room for all. */
  rank: number;
  sortable: boolean;
  align?: 'right';
}

export const COLUMNS: Record<ColumnKey, Column> = {
  name: { label: 'SLO', width: 160, rank: 12, sortable: true },
  state: { label: 'State', width: 136, rank: 10, sortable: true },
  remaining: { label: 'Budget left', width: 96, rank: 11, sortable: true, align: 'right' },
  burn1h: { label: 'Burn 1 h', width: 84, rank: 9, sortable: true, align: 'right' },
  exhaustion: { label: 'Exhaustion', width: 116, rank: 8, sortable: true },
  trend: { label: 'Trend', width: 116, rank: 7, sortable: false },
  objective: { label: 'Objective', width: 92, rank: 6, sortable: true, align: 'right' },
  burn6h: { label: 'Burn 6 h', width: 84, rank: 5, sortable: true, align: 'right' },
  service: { label: 'Service', width: 152, rank: 4, sortable: true },
  sli: { label: 'SLI', width: 100, rank: 3, sortable: true, align: 'right' },
  owner: { label: 'Owner', width: 136, rank: 2, sortable: true },
  runbook: { label: 'Runbook', width: 92, rank: 1, sortable: false },
};

/** The most important of the wanted columns that fit into the width, in their order on screen. The name always stays. */
export function fittingColumns(width: number, wanted: readonly ColumnKey[] = COLUMN_KEYS): ColumnKey[] {
  const byRank = [...COLUMN_KEYS].filter((key) => wanted.includes(key) || key === 'name');
  byRank.sort((a, b) => COLUMNS[b].rank - COLUMNS[a].rank);
  const kept = new Set<ColumnKey>();
  let room = width;
  for (const key of byRank) {
    room -= COLUMNS[key].width;
    if (room < 0 && key !== 'name') {
      break;
    }
    kept.add(key);
  }
  return COLUMN_KEYS.filter((key) => kept.has(key));
}
