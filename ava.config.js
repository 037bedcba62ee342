import path from 'node:path';

export default {
  extensions: ['ts'],
  files: ['**/*.test.ts'],
  workerThreads: false,
  timeout: '120s',
  // Each file is a process, and they load the same sources: what V8 made of those is kept. Saves a quarter of `npm run ok`.
  environmentVariables: { NODE_COMPILE_CACHE: path.resolve(import.meta.dirname, '.cache/compile') },
};
