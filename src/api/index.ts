// What the backend says, in types: frames of the data source, resources of the app, the query model.
export * from './client';
export * from './frames';
export * from './plugin';
export * from './query';
export * from './resources';
