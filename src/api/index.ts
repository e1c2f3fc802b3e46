// What the backend says, in types: frames of the data source, resources of the app, the query model.
export * from './alerts';
export * from './alertsOrg';
export * from './client';
export * from './frames';
export * from './plugin';
export * from './query';
export { errorText, isCancelled } from './request';
export * from './resources';
