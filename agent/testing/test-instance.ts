/** Runtime directories for tests, and a fake agent behind the real sockets in one. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits } from '../control/http-server.ts';
import { type RuntimePaths, runtimePaths } from '../control/runtime-directory.ts';
import { type ControlServer, openControl } from '../control/server.ts';
import { FakeAgent } from './fake-agent.ts';

/** What a test has that undoes things after it. */
interface Test {
  teardown(undo: () => unknown): void;
}

/** An empty directory that everybody may enter; removed after the test. */
export function temporaryDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'bis-test-'));
  chmodSync(directory, 0o755);
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** A runtime directory that is not there yet. */
export function runtimePlace(t: Test): string {
  return join(temporaryDirectory(t), 'run');
}

export interface TestInstance {
  readonly agent: FakeAgent;
  readonly control: ControlServer;
  readonly runtimeDirectory: string;
  readonly paths: RuntimePaths;
}

/** A fake agent that answers on its sockets until the test is over. */
export async function openInstance(t: Test, limits: Partial<Limits> = {}): Promise<TestInstance> {
  const runtimeDirectory = runtimePlace(t);
  const agent = new FakeAgent();
  const control = await openControl({ runtimeDirectory, agent, limits });
  t.teardown(() => control.close());
  return { agent, control, runtimeDirectory, paths: runtimePaths(runtimeDirectory) };
}
