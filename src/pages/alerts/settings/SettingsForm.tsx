import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { isFetchError } from '@grafana/runtime';
import { Alert, Button, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { type AlertSettings, saveAlertSettings, type SettingsAnswer } from '../../../api';
import { canEdit } from '../../alerting/canEdit';
import { useAction } from '../../alerting/useAction';
import { FaultList } from '../FaultList';
import { ConditionFields } from './ConditionFields';
import { type Draft, draftOf, type Faults, settingsOf } from './form';
import { PlaceFields } from './PlaceFields';
import { RouteFields } from './RouteFields';

/** What every part of the form gets. */
export interface PartProps {
  answer: SettingsAnswer;
  draft: Draft;
  faults: Faults;
  disabled: boolean;
  onChange: (changes: Partial<Draft>) => void;
}

export interface SettingsFormProps {
  answer: SettingsAnswer;
  onSaved: (settings: AlertSettings) => void;
  /** Called to throw away what was written and begin with what is stored. */
  onReload: () => void;
}

/** The settings to read and, for editors, to change. */
export function SettingsForm({ answer, onSaved, onReload }: SettingsFormProps) {
  const styles = useStyles2(getStyles);
  const [draft, setDraft] = useState(() => draftOf(answer.settings));
  const [tried, setTried] = useState(false);
  const [conflict, setConflict] = useState(false);
  const { busy, error, run } = useAction();
  const editor = canEdit();
  const disabled = !editor || answer.readOnly !== '';
  const { settings, faults } = settingsOf(draft, answer.settings);

  const save = () => {
    setTried(true);
    setConflict(false);
    if (Object.keys(faults).length > 0) {
      return;
    }
    let saved: AlertSettings | undefined;
    void run(
      async () => {
        try {
          saved = await saveAlertSettings(settings);
        } catch (cause) {
          setConflict(isConflict(cause));
          throw cause;
        }
      },
      () => {
        if (saved) {
          onSaved(saved);
        }
      }
    );
  };
  const part: PartProps = {
    answer,
    draft,
    faults: tried ? faults : {},
    disabled,
    onChange: (changes) => setDraft((old) => ({ ...old, ...changes })),
  };

  return (
    <form
      noValidate
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {editor ? null : (
        <Alert bottomSpacing={0} severity="info" title="Only to read">
          Editors and admins of this organisation may change these settings.
        </Alert>
      )}
      {answer.readOnly ? (
        <Alert bottomSpacing={0} severity="warning" title="Settings can't be saved here">
          {answer.readOnly}
        </Alert>
      ) : null}
      <PlaceFields {...part} />
      <ConditionFields {...part} />
      {answer.contactPointsError ? (
        <Alert bottomSpacing={0} severity="warning" title="The contact points are not known">
          {answer.contactPointsError}
        </Alert>
      ) : null}
      <div className={styles.routes}>
        <RouteFields {...part} severity="page" title="Pages go to" />
        <RouteFields {...part} severity="ticket" title="Tickets go to" />
      </div>
      <NotSaved error={error} conflict={conflict} faults={part.faults} onReload={onReload} />
      {disabled ? null : (
        <div className={styles.buttons}>
          <Button type="submit" disabled={busy}>
            {busy ? 'Saving…' : 'Save'}
          </Button>
          <Button variant="secondary" disabled={busy} onClick={() => setDraft(draftOf(answer.settings))}>
            Discard changes
          </Button>
          <Button
            variant="secondary"
            fill="text"
            disabled={busy}
            onClick={() => setDraft(draftOf({ ...answer.defaults, version: answer.settings.version }))}
          >
            Fill in the defaults
          </Button>
        </div>
      )}
    </form>
  );
}

interface NotSavedProps {
  /** The backend's words. */
  error?: string;
  /** Whether somebody else saved meanwhile. */
  conflict: boolean;
  faults: Faults;
  onReload: () => void;
}

/** Every mistake that kept the settings from being saved. */
function NotSaved({ error, conflict, faults, onReload }: NotSavedProps) {
  const mistakes = Object.values(faults);
  if (!error && mistakes.length === 0) {
    return null;
  }
  const reload = (
    <Button variant="secondary" icon="sync" onClick={onReload}>
      Reload
    </Button>
  );
  return (
    <Alert
      bottomSpacing={0}
      severity="error"
      title={conflict ? 'Somebody else saved meanwhile' : 'Not saved'}
      action={conflict ? reload : undefined}
    >
      <FaultList texts={mistakes.length > 0 ? mistakes : [error ?? '']} />
    </Alert>
  );
}

function isConflict(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : error;
  return isFetchError(cause) && cause.status === 409;
}

const getStyles = (theme: GrafanaTheme2) => ({
  form: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), minWidth: 0, maxWidth: 1100 }),
  routes: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 360px), 1fr))',
    gap: theme.spacing(2),
    alignItems: 'start',
  }),
  buttons: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1) }),
});
