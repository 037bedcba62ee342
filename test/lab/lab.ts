/**
 * A topology brought to life: network namespaces with names of their own per run, so that several labs stand on one
 * machine, and all of it removed however the process ends, short of SIGKILL (then the next lab removes it).
 */
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LabHost } from './lab-host.ts';
import { changedFiles, type FileMarks, fileMarks } from './machine-files.ts';
import { must } from './program.ts';
import { commandsToBuild, type Topology } from './topology.ts';

/** Namespaces are called `bislab-PID-NUMBER-HOST`, and a lab's directory likewise. */
const PREFIX = 'bislab';

/** Where `ip netns exec` looks for the files that replace those under `/etc` (ip-netns(8)). */
const NETNS_ETC = '/etc/netns';

/** What a host sees of `/etc` unless its specification says otherwise: no servers, no other ways to find a name. */
const defaultEtc: Readonly<Record<string, string>> = {
  'resolv.conf': '# no servers\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n',
  hosts: '127.0.0.1 localhost\n::1 localhost\n',
};

export interface LabOptions {
  /** Is told every command before it runs, as it would be typed. */
  readonly echo?: (line: string) => void;
  /** The machine's `/etc`, which no lab may change. */
  readonly etc?: string;
}

/** Labs that stand. */
const standing = new Set<Lab>();
let labsBuilt = 0;

const isSwitch = (hosts: Topology['hosts'], name: string): boolean =>
  hosts.some((host) => host.name === name && host.kind === 'switch');

/** Without these a signal would end the process and leave the namespaces. */
function demolishOnExit(): void {
  process.once('exit', () => {
    for (const lab of standing) {
      try {
        lab.demolish();
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode ||= 1;
      }
    }
  });
  for (const [signal, number] of [['SIGINT', 2] as const, ['SIGTERM', 15] as const, ['SIGHUP', 1] as const]) {
    process.once(signal, () => process.exit(128 + number));
  }
}

/** Kills what runs in a namespace, then removes it and its files. Does nothing for what is not there. */
function removeNamespace(namespace: string): void {
  const options: ExecFileSyncOptionsWithStringEncoding = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
  try {
    const pids = execFileSync('ip', ['netns', 'pids', namespace], options).split('\n').map(Number).filter(Boolean);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    execFileSync('ip', ['netns', 'del', namespace], options);
  } catch {
    // There is no such namespace.
  }
  fs.rmSync(path.join(NETNS_ETC, namespace), { recursive: true, force: true });
}

/** Removes labs whose process was killed before it could. */
function removeRuins(): void {
  const isRuin = (name: string): boolean => {
    const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    return pid !== undefined && !fs.existsSync(`/proc/${pid}`);
  };
  const ruinsIn = (folder: string): string[] => (fs.existsSync(folder) ? fs.readdirSync(folder).filter(isRuin) : []);
  for (const name of new Set([...ruinsIn(NETNS_ETC), ...ruinsIn('/run/netns')])) removeNamespace(name);
  for (const name of ruinsIn(os.tmpdir())) fs.rmSync(path.join(os.tmpdir(), name), { recursive: true, force: true });
}

export class Lab implements AsyncDisposable {
  /** A directory of this lab's own, removed with it: state and runtime directories, keys, captures. */
  readonly directory: string;
  readonly #hosts = new Map<string, LabHost>();
  readonly #machineEtc: string;
  readonly #machineFiles: FileMarks;

  private constructor(topology: Topology, options: LabOptions) {
    labsBuilt++;
    this.#machineEtc = options.etc ?? '/etc';
    this.#machineFiles = fileMarks(this.#machineEtc);
    const id = `${PREFIX}-${process.pid}-${labsBuilt}-`;
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), id));
    for (const { name } of topology.hosts) {
      const namespace = id + name;
      this.#hosts.set(name, new LabHost(name, namespace, options.echo));
    }
  }

  /** Builds a network. Throws, with everything removed again, when a command fails or the caller is not root. */
  static async build(topology: Topology, options: LabOptions = {}): Promise<Lab> {
    if (process.getuid?.() !== 0) throw new Error('Cannot make network namespaces: this needs root');
    if (labsBuilt === 0) {
      demolishOnExit();
      removeRuins();
    }
    const lab = new Lab(topology, options);
    standing.add(lab);
    try {
      for (const { name, etc } of topology.hosts) lab.#writeEtc(lab.host(name).namespace, { ...defaultEtc, ...etc });
      for (const argv of commandsToBuild(topology, (name) => lab.host(name).namespace)) {
        options.echo?.(argv.join(' '));
        await must(argv);
      }
      await lab.#settle(topology);
    } catch (error) {
      lab.#remove();
      throw new Error('Cannot build the lab', { cause: error });
    }
    return lab;
  }

  /** A host by its name in the topology. Throws when there is none. */
  host(name: string): LabHost {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`No host in this lab is called ${name}`);
    return host;
  }

  /** The folder with the files of a host that stand in the place of the machine's. */
  etcOf(host: LabHost): string {
    return path.join(NETNS_ETC, host.namespace);
  }

  /**
   * Kills what runs in the lab and removes it: at once, so that it can be done while the process exits. Throws when all is
   * removed and a file of the machine is not as it was when the lab was built.
   */
  demolish(): void {
    if (!this.#remove()) return;
    const changed = changedFiles(this.#machineFiles, fileMarks(this.#machineEtc));
    if (changed.length > 0)
      throw new Error(`While a lab stood, somebody changed the machine's own ${changed.join(', ')}`);
  }

  /** Returns whether there was anything to remove. */
  #remove(): boolean {
    if (!standing.delete(this)) return false;
    for (const { namespace } of this.#hosts.values()) removeNamespace(namespace);
    fs.rmSync(this.directory, { recursive: true, force: true });
    try {
      fs.rmdirSync(NETNS_ETC);
    } catch {
      // Others use it too.
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.demolish();
  }

  /**
   * Waits until every device carries packets and has its link-local route. The kernel gets there up to a second after
   * the last command, and a snapshot before that would differ from any later one.
   */
  async #settle({ hosts, links }: Topology): Promise<void> {
    const ends = links.flatMap((link) => link.ends).filter((end) => !isSwitch(hosts, end.host));
    const deadline = performance.now() + 10_000;
    for (const { host, device } of ends) {
      const { namespace } = this.host(host);
      const routes = ['ip', '-n', namespace, '-6', 'route', 'show', 'table', 'local', 'dev', device];
      while (!(await must(routes)).includes('ff00::/8')) {
        if (performance.now() > deadline) throw new Error(`${device} of ${host} does not come up`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Only files the machine has can be replaced: `ip netns exec` mounts over them. */
  #writeEtc(namespace: string, files: Readonly<Record<string, string>>): void {
    const folder = path.join(NETNS_ETC, namespace);
    fs.mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      if (fs.existsSync(path.join('/etc', name))) fs.writeFileSync(path.join(folder, name), text);
    }
  }
}
