import { locationUtil } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { EmptyState, LinkButton } from '@grafana/ui';
import { APP_URL } from '../api';

export interface NotFoundPageProps {
  message?: string;
  /** What may have happened, in a sentence. */
  text?: string;
}

/** Stands for a page that is not there, with the way back to the list. */
export function NotFoundPage({
  message = 'There is no such page',
  text = 'The address may be mistyped.',
}: NotFoundPageProps) {
  return (
    <PluginPage pageNav={{ text: 'Not found' }}>
      <EmptyState
        variant="not-found"
        hideImage
        message={message}
        button={
          <LinkButton href={locationUtil.assureBaseUrl(APP_URL)} icon="arrow-left">
            All SLOs
          </LinkButton>
        }
      >
        {text}
      </EmptyState>
    </PluginPage>
  );
}
