import { type DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { getBackendSrv, type HealthCheckResult } from '@grafana/runtime';
import { Alert, Button, LoadingPlaceholder, Stack, Text, TextLink } from '@grafana/ui';
import { useCallback, useEffect, useState } from 'react';
import { lastValueFrom } from 'rxjs';
import { APP_CONFIG_URL, APP_URL, errorText } from '../api';

interface Health {
  ok: boolean;
  message: string;
}

/** There is nothing to set: the page says where the numbers come from and whether they arrive. */
export function ConfigEditor({ options }: DataSourcePluginOptionsEditorProps) {
  return (
    <Stack direction="column" gap={2}>
      <Text element="p">
        This data source has no URL and no credentials. It answers from the ledger that the{' '}
        <TextLink href={APP_URL} inline>
          Burnline app
        </TextLink>{' '}
        keeps in the same Grafana. What the app reads, and with which permissions, is set{' '}
        <TextLink href={APP_CONFIG_URL} inline>
          in its configuration
        </TextLink>
        .
      </Text>
      <HealthReport uid={options.uid} />
    </Stack>
  );
}

function HealthReport({ uid }: { uid: string }) {
  const [health, setHealth] = useState<Health>();
  const check = useCallback(async () => {
    setHealth(await fetchHealth(uid));
  }, [uid]);
  useEffect(() => {
    let wanted = true;
    void fetchHealth(uid).then((answer) => {
      if (wanted) {
        setHealth(answer);
      }
    });
    return () => {
      wanted = false;
    };
  }, [uid]);

  if (!health) {
    return <LoadingPlaceholder text="Asking the ledger…" />;
  }
  return (
    <Alert
      severity={health.ok ? 'success' : 'error'}
      title={health.ok ? 'The data source is healthy' : 'The data source is not healthy'}
      action={
        <Button variant="secondary" icon="sync" onClick={() => void check()}>
          Check again
        </Button>
      }
    >
      {health.message}
    </Alert>
  );
}

async function fetchHealth(uid: string): Promise<Health> {
  const url = `/api/datasources/uid/${encodeURIComponent(uid)}/health`;
  try {
    const { data } = await lastValueFrom(getBackendSrv().fetch<HealthCheckResult>({ url, showErrorAlert: false }));
    return { ok: data.status.toString() === 'OK', message: data.message };
  } catch (error) {
    return { ok: false, message: errorText(error) };
  }
}
