import { css } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { Icon, Tooltip, useStyles2, useTheme2 } from '@grafana/ui';
import { formatDuration, formatTime, severityLook } from '../../../format';
import { conditionText } from '../../alerting/words';
import { type Lane, type LaneBar, ticksOf, type TimeSpan } from './laneModel';
import { markColors } from './marks';

/** Below this width in pixels a lane's name stands above it. */
const NARROW = 720;
/** The least width of a bar in pixels; one that only began at the end of the span is moved back to show it. */
const MIN_BAR = 3;

export interface LanesProps {
  /** What is drawn, for people who cannot see it: one sentence. The list below has the details. */
  label: string;
  lanes: Lane[];
  span: TimeSpan;
  timeZone: string;
  width: number;
}

/** Alerts over time: a lane a condition, the incidents below them. */
export function Lanes({ label, lanes, span, timeZone, width }: LanesProps) {
  const styles = useStyles2(getStyles, width < NARROW);
  return (
    <div role="img" aria-label={label} className={styles.lanes}>
      {lanes.map((lane) => (
        <div key={`${lane.kind} ${lane.key}`} className={styles.lane}>
          <span className={styles.name}>
            <Icon name={lane.kind === 'incident' ? 'exclamation-circle' : severityLook(lane.kind).icon} size="sm" />
            {conditionText({ title: lane.title, kind: 'burn' })}
          </span>
          <span className={styles.track}>
            {lane.bars.map((bar) => (
              <Bar key={bar.key} bar={bar} kind={lane.kind} timeZone={timeZone} />
            ))}
          </span>
        </div>
      ))}
      <div className={styles.lane}>
        <span />
        <span className={styles.axis}>
          {ticksOf(span, timeZone).map((tick) => (
            <span
              key={tick}
              className={styles.tick}
              style={{ left: `${(100 * (tick - span.from)) / (span.to - span.from)}%` }}
            >
              {dateTimeFormat(tick, { timeZone, format: 'MM-DD' })}
            </span>
          ))}
        </span>
      </div>
    </div>
  );
}

function Bar({ bar, kind, timeZone }: { bar: LaneBar; kind: Lane['kind']; timeZone: string }) {
  const styles = useStyles2(getStyles, false);
  const colors = markColors(useTheme2());
  const lasted = bar.to === undefined ? 'goes on' : formatDuration((bar.to - bar.from) / 1000);
  return (
    <Tooltip content={`${bar.title}: ${formatTime(bar.from, timeZone)}, ${lasted}`}>
      <span
        className={styles.bar}
        style={{
          left: `min(${100 * bar.begin}%, 100% - ${MIN_BAR}px)`,
          width: `${100 * bar.length}%`,
          background: colors[kind],
        }}
      />
    </Tooltip>
  );
}

const getStyles = (theme: GrafanaTheme2, narrow: boolean) => ({
  lanes: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(0.5),
    minWidth: 0,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  lane: css({
    display: 'grid',
    gridTemplateColumns: narrow ? 'minmax(0, 1fr)' : '260px minmax(0, 1fr)',
    gap: theme.spacing(0.25, 1),
    alignItems: 'center',
  }),
  name: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    color: theme.colors.text.secondary,
    minWidth: 0,
  }),
  track: css({
    position: 'relative',
    height: 18,
    overflow: 'hidden',
    background: theme.colors.background.secondary,
    borderRadius: theme.shape.radius.default,
  }),
  // A short alert in a long span is still to be seen.
  bar: css({ position: 'absolute', top: 2, bottom: 2, minWidth: MIN_BAR, borderRadius: 1 }),
  axis: css({ position: 'relative', height: 18, overflow: 'hidden', color: theme.colors.text.secondary }),
  tick: css({ position: 'absolute', paddingLeft: 4, borderLeft: `1px solid ${theme.colors.border.medium}` }),
});
