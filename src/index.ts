export * from './common/encryption';
export * from './common/resource-names';
export * from './observe/dashboard';
export * from './observe/notification';
export * from './observe/pipeline-alarm';
export * from './observe/service-alarm';
