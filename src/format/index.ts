// How numbers, moments and states read on screen. Pages, panels and editors all take their words from here.
export * from './alert';
export * from './forecast';
export * from './numbers';
export * from './state';
export * from './time';
