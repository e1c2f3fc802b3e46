import { css } from '@emotion/css';
import { AppEvents, type EventBus, type GrafanaTheme2 } from '@grafana/data';
import { Alert, type AlertVariant, useStyles2 } from '@grafana/ui';
import { useEffect, useState } from 'react';

interface Toast {
  id: number;
  severity: AlertVariant;
  title: string;
  text?: string;
}

const kinds = [
  { event: AppEvents.alertSuccess, severity: 'success' },
  { event: AppEvents.alertWarning, severity: 'warning' },
  { event: AppEvents.alertError, severity: 'error' },
] as const;

const shownFor = { success: 3000, warning: 7000, error: 15000 };
let lastID = 0;

/** The notices that services and plugins publish as application events. */
export function Toasts({ events }: { events: EventBus }) {
  const styles = useStyles2(getStyles);
  const [toasts, setToasts] = useState<Toast[]>([]);
  useEffect(() => {
    const remove = (id: number) => setToasts((current) => current.filter((toast) => toast.id !== id));
    const subscriptions = kinds.map(({ event, severity }) =>
      events.getStream({ type: event.name } as never).subscribe(({ payload }: { payload?: unknown }) => {
        const [title, text] = Array.isArray(payload) ? payload : [payload];
        const toast = {
          id: ++lastID,
          severity,
          title: String(title),
          text: text === undefined ? undefined : String(text),
        };
        setToasts((current) => [...current, toast]);
        window.setTimeout(() => remove(toast.id), shownFor[severity]);
      })
    );
    return () => subscriptions.forEach((subscription) => subscription.unsubscribe());
  }, [events]);
  return (
    <div className={styles.place} aria-live="polite">
      {toasts.map(({ id, severity, title, text }) => (
        <Alert
          key={id}
          severity={severity}
          title={title}
          elevated
          onRemove={() => setToasts((current) => current.filter((toast) => toast.id !== id))}
        >
          {text}
        </Alert>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  place: css({
    position: 'fixed',
    top: theme.spacing(8),
    right: theme.spacing(2),
    width: 'min(400px, 90vw)',
    zIndex: theme.zIndex.portal,
  }),
});
