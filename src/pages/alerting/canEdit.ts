import { config } from '@grafana/runtime';

/**
 * Whether the user may change what belongs to all: editors and admins. It decides what is offered; the backend
 * decides what is done.
 */
export function canEdit(): boolean {
  return ['Editor', 'Admin'].includes(config.bootData.user.orgRole);
}
