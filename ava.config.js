export default {
  extensions: ['ts'],
  files: ['**/*.test.ts'],
  workerThreads: false,
  timeout: '120s',
};
