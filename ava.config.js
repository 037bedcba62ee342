export default {
  extensions: { ts: 'module' },
  files: ['**/*.test.ts'],
  workerThreads: false,
  timeout: '120s',
};
