import { Alert } from '@grafana/ui';
import { useCallback, useState } from 'react';
import { type AlertSettings, fetchAlertSettings } from '../../../api';
import { Failure } from '../../Failure';
import { Skeleton } from '../../Skeleton';
import { usePolled } from '../../usePolled';
import { SettingsForm } from './SettingsForm';

/** What the organisation chose for its alerts. */
export function SettingsTab() {
  // Without a clock: what somebody writes must not vanish under a refresh.
  const { data, error, reload } = usePolled(fetchAlertSettings, 0);
  const [saved, setSaved] = useState<AlertSettings>();
  const [round, setRound] = useState(0);
  const onReload = useCallback(() => {
    setSaved(undefined);
    setRound((old) => old + 1);
    reload();
  }, [reload]);

  if (!data) {
    return error ? (
      <Failure title="The settings can't be loaded" error={error} onRetry={reload} />
    ) : (
      <Skeleton label="Loading the settings" heights={[260, 320, 240]} />
    );
  }
  const settings = saved && saved.version > data.settings.version ? saved : data.settings;
  return (
    <>
      {error ? <Failure title="The settings can't be loaded" error={error} onRetry={reload} /> : null}
      {saved ? (
        <Alert bottomSpacing={0} severity="success" title="Saved" onRemove={() => setSaved(undefined)}>
          {saved.automatic ? 'The rules follow within a minute.' : 'Press "Apply" among the rules to bring them there.'}
        </Alert>
      ) : null}
      <SettingsForm
        key={`${round} ${settings.version}`}
        answer={{ ...data, settings }}
        onSaved={setSaved}
        onReload={onReload}
      />
    </>
  );
}
