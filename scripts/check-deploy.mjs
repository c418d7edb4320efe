/**
 * Tries what is in deploy/ and docker-compose.yml as far as a machine without a cluster can: `npm run check:deploy`.
 *
 * - Kubernetes: each overlay is rendered, has only fields and values that the API has, and is what docs/kubernetes.md says of it.
 * - Monitoring: promtool checks the rules, tries each alert, and reads each expression of the dashboard. That every metric
 *   in them exists is for test/e2e/monitoring.e2e-spec.ts, which asks the program.
 * - Compose: it can be read, the plain `up` is what it was, what is mounted is there, and deliveries reach n8n alone.
 * - The Dockerfile needs nothing but its base image.
 * - All settings that any of these give to Mira are settings that Mira takes.
 *
 * kubectl and promtool are taken from the PATH; where one is missing, from Debian's package, unpacked for this run only:
 * nothing is installed, so that no service of theirs is started.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORE_SCHEMA, dump, load, loadAll, mergeTag } from 'js-yaml';
import { debianProgram } from '../bench/support/debian.program.ts';
import { CannotRun } from '../bench/support/interruption.ts';
import { apiFaults } from './kubernetes-api.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const KUBERNETES = join(ROOT, 'deploy', 'kubernetes');
const MONITORING = join(ROOT, 'deploy', 'monitoring');
const OVERLAYS = ['single-node', 'ha'];
/** Older ones know neither folders among the resources nor patches with a target; see `inOldWords`. */
const NEW_KUBECTL_MINOR = 21;
/** What the program takes beyond the time that it gives to work under way. */
const SHUTDOWN_MARGIN_SECONDS = 5;
/** A value for every secret, of its own form. */
const SECRETS = {
  DATABASE_URL: 'postgres://mira:x@db/mira',
  POSTGRES_PASSWORD: 'x',
  MIRA_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'),
  MIRA_AUTH_JWT_KEYS: `one:${Buffer.alloc(32, 2).toString('base64')}`,
  MIRA_METRICS_TOKEN: 'token',
  MIRA_ADMIN_PASSWORD: 'a long pass phrase',
};

const work = mkdtempSync(join(tmpdir(), 'mira-deploy-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));

let checked = 0;
const faults = [];
function check(isSo, what) {
  checked++;
  if (!isSo) faults.push(what);
}

// ---- tools

function run(command, args, options = {}) {
  const ended = spawnSync(command, args, { encoding: 'utf8', cwd: ROOT, ...options });
  return {
    ok: ended.status === 0,
    out: ended.stdout ?? '',
    said: `${ended.stdout ?? ''}${ended.stderr ?? ''}${ended.error?.message ?? ''}`.trim(),
  };
}

/** How a tool is called, or null where it is neither here nor to be had. */
function tool(name, debianPackage) {
  try {
    return debianProgram({ name, package: debianPackage, probe: '--help' }, work).file;
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error;
    faults.push(error.message);
    return null;
  }
}

const readYaml = (path) => load(readFileSync(path, 'utf8'), { schema: CORE_SCHEMA.withTags(mergeTag) });

// ---- Kubernetes

function minorOf(kubectl) {
  const { out } = run(kubectl, ['version', '--client', '--output=json']);
  return Number(/"minor":\s*"(\d+)/.exec(out)?.[1] ?? Number.NaN);
}

/**
 * A copy of deploy/kubernetes in the words of kustomize 2, which Debian 12's kubectl has in it: folders are `bases`, and
 * patches with a target `patchesJson6902`.
 */
function inOldWords() {
  const copy = join(work, 'kubernetes');
  cpSync(KUBERNETES, copy, { recursive: true });
  for (const overlay of OVERLAYS) {
    const path = join(copy, 'overlays', overlay, 'kustomization.yaml');
    const { resources, patches = [], ...rest } = readYaml(path);
    const isFolder = (resource) => !resource.endsWith('.yaml');
    const old = {
      ...rest,
      bases: resources.filter(isFolder),
      resources: resources.filter((resource) => !isFolder(resource)),
      patchesJson6902: patches,
    };
    writeFileSync(path, dump(old));
  }
  return copy;
}

async function checkKubernetes(kubectl) {
  const minor = minorOf(kubectl);
  const folder = minor < NEW_KUBECTL_MINOR ? inOldWords() : KUBERNETES;
  for (const overlay of OVERLAYS) {
    const rendered = run(kubectl, ['kustomize', join(folder, 'overlays', overlay)]);
    check(rendered.ok, `${overlay} cannot be rendered: ${rendered.said}`);
    if (!rendered.ok) continue;
    const objects = loadAll(rendered.out);
    for (const object of objects) {
      const said = await apiFaults(object);
      check(said.length === 0, `${overlay}: ${object.kind}/${object.metadata.name}: ${said.join('; ')}`);
    }
    checkOverlay(overlay, objects);
  }
  for (const file of ['pod-monitor.yaml', 'prometheus-adapter.yaml']) readYaml(join(KUBERNETES, file));
}

function checkOverlay(overlay, objects) {
  const ofKind = (kind) => objects.filter((object) => object.kind === kind);
  const fault = (isSo, what) => check(isSo, `${overlay}: ${what}`);
  const workloads = ['Deployment', 'StatefulSet', 'Job'].flatMap(ofKind);
  const configOf = (name) => ofKind('ConfigMap').find(({ metadata }) => metadata.name === name)?.data;
  const podsOf = (labels) => workloads.filter(({ spec }) => holds(spec.template.metadata.labels, labels));

  const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  fault(new Set(names).size === names.length, 'something is there twice');
  for (const { kind, metadata } of objects) {
    fault(kind === 'Namespace' || metadata.namespace === 'mira', `${kind}/${metadata.name} is not in the namespace`);
  }
  fault(ofKind('Secret').length === 0, 'there is a Secret among the files');
  const roles = ofKind('Deployment').map(({ spec }) => envOf(spec.template.spec.containers[0]).MIRA_ROLE?.value);
  fault(String(roles.toSorted()) === 'api,worker', `the roles are ${roles}`);
  fault(ofKind('Job').length === 1, 'there is no Job that migrates');

  for (const workload of workloads) {
    const name = `${workload.kind}/${workload.metadata.name}`;
    checkPod(workload.spec.template.spec, (isSo, what) => fault(isSo, `${name} ${what}`));
    const [container] = workload.spec.template.spec.containers;
    if (!container.image.includes('mira')) continue;
    checkSettings(`${overlay}: ${name}`, settingsOf(container, configOf));
    if (workload.kind === 'Deployment')
      checkDeployment(workload, configOf, (isSo, what) => fault(isSo, `${name} ${what}`));
  }

  for (const { metadata, spec } of [...ofKind('Service'), ...ofKind('PodDisruptionBudget')]) {
    const wanted = spec.selector.matchLabels ?? spec.selector;
    fault(podsOf(wanted).length === 1, `${metadata.name} selects ${podsOf(wanted).length} workloads`);
  }
  for (const { metadata, spec } of ofKind('HorizontalPodAutoscaler')) {
    const { kind, name } = spec.scaleTargetRef;
    const target = ofKind(kind).find((one) => one.metadata.name === name);
    fault(target !== undefined, `the autoscaler ${metadata.name} leads nowhere`);
    fault(
      target?.spec.replicas === undefined,
      `${name} has replicas, which each apply would set against its autoscaler`,
    );
    fault(spec.minReplicas >= 2, `the autoscaler ${metadata.name} may leave one alone`);
  }
  const policies = ofKind('NetworkPolicy');
  const denies = policies.find(({ spec }) => Object.keys(spec.podSelector).length === 0);
  fault(
    String(denies?.spec.policyTypes) === 'Ingress,Egress' && !denies.spec.ingress && !denies.spec.egress,
    'what is not allowed is not denied',
  );
  for (const kind of ['api', 'worker', 'migrate']) {
    const labels = { 'app.kubernetes.io/name': 'mira', 'app.kubernetes.io/component': kind };
    const ports = policies
      .filter(({ spec }) => selects(spec.podSelector, labels))
      .flatMap(({ spec }) => (spec.egress ?? []).flatMap((rule) => rule.ports.map(({ port }) => port)));
    fault(ports.includes(53) && ports.includes(5432), `${kind} reaches neither names nor its database`);
  }
  const outbound = policies.flatMap(({ spec }) => (spec.egress ?? []).flatMap(({ to }) => to));
  const internet = outbound.find(({ ipBlock }) => ipBlock?.cidr === '0.0.0.0/0')?.ipBlock.except ?? [];
  for (const network of ['10.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16']) {
    fault(internet.includes(network), `deliveries are let into ${network}`);
  }
}

function checkPod(pod, fault) {
  const { securityContext: may = {}, containers, automountServiceAccountToken } = pod;
  fault(automountServiceAccountToken === false, 'has the token of its account');
  fault(may.runAsNonRoot === true && may.runAsUser > 0, 'may be root');
  fault(may.seccompProfile?.type === 'RuntimeDefault', 'has no seccomp profile');
  for (const container of containers) {
    const { image, resources = {}, securityContext = {} } = container;
    fault(/:[^/:]+$/.test(image) && !image.endsWith(':latest'), `runs ${image}, which is no version`);
    fault(securityContext.readOnlyRootFilesystem === true, 'may write to its image');
    fault(securityContext.allowPrivilegeEscalation === false, 'may gain rights');
    fault(String(securityContext.capabilities?.drop) === 'ALL', 'has capabilities');
    fault(
      resources.requests?.cpu && resources.requests.memory && resources.limits?.memory,
      'says nothing of what it needs',
    );
    for (const [name, { value }] of Object.entries(envOf(container))) {
      const isSecret = /PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL/.test(name);
      fault(!isSecret || value === undefined || /\$\([A-Z_]+\)/.test(value), `has the value of ${name} in a file`);
    }
  }
}

function checkDeployment({ spec }, configOf, fault) {
  const { terminationGracePeriodSeconds: grace, topologySpreadConstraints, containers } = spec.template.spec;
  const [container] = containers;
  const { startupProbe, livenessProbe, readinessProbe, lifecycle } = container;
  fault(startupProbe?.httpGet.path === '/health/live', 'has no startup probe');
  fault(livenessProbe?.httpGet.path === '/health/live', 'is not asked whether it lives, or is asked for more');
  fault(readinessProbe?.httpGet.path === '/health/ready', 'is not asked whether it is ready');
  fault(startupProbe?.periodSeconds * startupProbe?.failureThreshold >= 120, 'has no time to migrate when it starts');
  fault(topologySpreadConstraints?.length > 0, 'may stand on one node');
  fault(spec.strategy.rollingUpdate.maxUnavailable === 0, 'is rolled by taking one away first');
  const drain = Number(settingsOf(container, configOf).MIRA_SHUTDOWN_TIMEOUT_SECONDS);
  const before = Number(lifecycle?.preStop?.exec.command.at(-1) ?? 0);
  fault(grace >= before + drain + SHUTDOWN_MARGIN_SECONDS, `is killed after ${grace} s, before it has drained`);
}

const envOf = ({ env = [] }) => Object.fromEntries(env.map(({ name, ...rest }) => [name, rest]));
const holds = (labels, wanted) => Object.entries(wanted).every(([name, value]) => labels[name] === value);
const selects = ({ matchLabels = {}, matchExpressions = [] }, labels) =>
  holds(labels, matchLabels) && matchExpressions.every(({ key, values }) => values.includes(labels[key]));

/** What a container's environment says to Mira. */
function settingsOf(container, configOf) {
  const fromMaps = (container.envFrom ?? []).flatMap(({ configMapRef }) =>
    Object.entries(configOf(configMapRef.name) ?? {}),
  );
  const own = Object.entries(envOf(container)).map(([name, { value }]) => [name, value ?? SECRETS[name] ?? '']);
  return Object.fromEntries([...fromMaps, ...own]);
}

// ---- settings

const tried = new Set();

/** Has the program read them as it does at its start. */
function checkSettings(whose, environment) {
  const known = JSON.stringify(environment);
  if (tried.has(known)) return;
  tried.add(known);
  const values = Object.entries(environment).map(([name, value]) => [name, value.replaceAll(/\$\([A-Z_]+\)/g, 'x')]);
  const printed = run(process.execPath, [join(ROOT, 'dist', 'src', 'config', 'print.js')], {
    cwd: work,
    env: { PATH: process.env.PATH, ...Object.fromEntries(values) },
  });
  check(printed.ok, `${whose} has settings that Mira does not take: ${printed.said}`);
}

// ---- monitoring

function checkMonitoring(promtool) {
  const rules = run(promtool, ['check', 'rules', 'alerts.yaml'], { cwd: MONITORING });
  check(rules.ok, `alerts.yaml: ${rules.said}`);
  const tests = run(promtool, ['test', 'rules', 'alerts.test.yaml'], { cwd: MONITORING });
  check(tests.ok, `alerts.test.yaml: ${tests.said}`);

  // As where it is mounted, but for the places of other files.
  const config = readFileSync(join(MONITORING, 'prometheus.yaml'), 'utf8');
  const here = join(work, 'prometheus.yaml');
  const placed = config
    .replace('/etc/prometheus/alerts.yaml', join(MONITORING, 'alerts.yaml'))
    .replace('/run/secrets/mira-metrics-token', '/dev/null');
  writeFileSync(here, placed);
  const read = run(promtool, ['check', 'config', here]);
  check(read.ok, `prometheus.yaml: ${read.said}`);

  const dashboard = JSON.parse(readFileSync(join(MONITORING, 'grafana', 'dashboards', 'mira.json'), 'utf8'));
  const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  check(expressions.length > 20, 'the dashboard has lost its panels');
  const asRules = expressions.map((expr, at) => ({ record: `panel:${at}`, expr: expr.replaceAll(/\$__\w+/g, '5m') }));
  const panels = join(work, 'panels.yaml');
  writeFileSync(panels, dump({ groups: [{ name: 'panels', rules: asRules }] }));
  const parsed = run(promtool, ['check', 'rules', panels]);
  check(parsed.ok, `the dashboard: ${parsed.said}`);
}

/** Each alert has a test, and a place in the documentation that says what to do. */
function checkAlerts() {
  const { groups } = readYaml(join(MONITORING, 'alerts.yaml'));
  const { tests } = readYaml(join(MONITORING, 'alerts.test.yaml'));
  const comes = tests
    .flatMap(({ alert_rule_test: cases = [] }) => cases)
    .filter(({ exp_alerts }) => exp_alerts.length > 0);
  const tested = new Set(comes.map(({ alertname }) => alertname));
  const documentation = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
  const documented = new Set([...documentation.matchAll(/^### (Mira\w+)$/gm)].map(([, name]) => name));
  const alerts = groups
    .flatMap(({ rules }) => rules)
    .flatMap(({ alert, labels }) => (alert ? [{ alert, labels }] : []));
  for (const { alert, labels } of alerts) {
    check(tested.has(alert), `no test sees the alert ${alert} come`);
    check(documented.delete(alert), `docs/operations.md does not say what to do about ${alert}`);
    check(['critical', 'warning', 'info'].includes(labels?.severity), `${alert} has no severity`);
  }
  check(documented.size === 0, `docs/operations.md has alerts that do not exist: ${[...documented].join(', ')}`);
}

// ---- Compose

function checkCompose() {
  const { services, volumes, networks } = readYaml(join(ROOT, 'docker-compose.yml'));
  const plain = Object.keys(services).filter((name) => services[name].profiles === undefined);
  check(String(plain) === 'postgres,mira,n8n', `a plain \`up\` starts ${plain.join(', ')}`);
  for (const [name, service] of Object.entries(services)) {
    check(!/:latest$|^[^:]+$/.test(service.image), `${name} runs ${service.image}, which is no version`);
    for (const network of networksOf(service)) check(network in networks, `${name} is in no network ${network}`);
    for (const mount of service.volumes ?? []) {
      const [from] = interpolated(mount).split(':');
      check(
        /^[./]/.test(from) ? existsSync(resolve(ROOT, from)) : from in volumes,
        `${name} mounts ${from}, which is not there`,
      );
    }
    if (service.image !== 'mira:local') continue;
    const settings = Object.entries(service.environment).map(([setting, value]) => [setting, interpolated(value)]);
    checkSettings(`docker-compose.yml: ${name}`, Object.fromEntries(settings));
    // The network of n8n would not do: its gateway is the machine that all this runs on.
    check(
      service.environment.MIRA_OUTBOUND_ALLOW === services.n8n.networks.workflows?.ipv4_address,
      `${name} may deliver to more than n8n`,
    );
  }
  checkWayOfBalancer(services, networks);
  const mounted = services.prometheus.volumes.map((mount) => interpolated(mount).split(':')[1]);
  const { rule_files, scrape_configs } = readYaml(join(MONITORING, 'prometheus.yaml'));
  for (const file of [...rule_files, ...scrape_configs.map(({ authorization }) => authorization?.credentials_file)]) {
    check(mounted.includes(file), `prometheus has no ${file}`);
  }
  const example = readFileSync(join(ROOT, '.env.example'), 'utf8');
  const compose = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
  for (const [, variable] of compose.matchAll(/\$\{(\w+)/g)) {
    check(new RegExp(`^#?${variable}=`, 'm').test(example), `.env.example has no ${variable}`);
  }
  const haproxy = join(ROOT, 'deploy', 'haproxy', 'haproxy.cfg');
  if (run('haproxy', ['-v']).ok) {
    const read = run('haproxy', ['-c', '-f', haproxy]);
    check(read.ok, `haproxy.cfg: ${read.said}`);
  }
}

/** The name that it finds the API by leads into one network, the one that is trusted to say who a client is. */
function checkWayOfBalancer(services, networks) {
  const config = readFileSync(join(ROOT, 'deploy', 'haproxy', 'haproxy.cfg'), 'utf8');
  const names = [...config.matchAll(/^ +server-template \S+ \d+ ([^:\s]+):/gm)].map(([, name]) => name);
  check(names.length > 0, 'haproxy.cfg leads nowhere');
  const { 'mira-api': api, balancer } = services;
  for (const name of new Set(names)) {
    const found = networksOf(api).filter((network) => name in services || aliasesOf(api, network).includes(name));
    const shared = found.filter((network) => networksOf(balancer).includes(network));
    check(
      shared.length === 1 && networks[shared[0]].ipam?.config[0].subnet === api.environment.MIRA_WEBHOOK_TRUST_PROXY,
      `the balancer finds ${name} in ${shared.join(', ') || 'no network'}, and mira-api trusts another`,
    );
  }
}

const networksOf = ({ networks }) => (Array.isArray(networks) ? networks : Object.keys(networks));
const aliasesOf = ({ networks }, network) => networks[network]?.aliases ?? [];

/** As Compose does it with what .env.example asks for. */
function interpolated(value) {
  const given = { POSTGRES_PASSWORD: 'x', MIRA_MASTER_KEY: SECRETS.MIRA_MASTER_KEY };
  return value.replaceAll(/\$\{(\w+)(?::[-?]([^}]*))?\}/g, (_all, name, otherwise) => given[name] ?? otherwise ?? '');
}

// ---- the image

function checkDockerfile() {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  check(!/^#\s*syntax\s*=/im.test(dockerfile), 'the Dockerfile has a builder fetched that it does not need');
  const [, last] = /(?:^|\n)FROM (?![\s\S]*\nFROM )([\s\S]*)$/.exec(dockerfile) ?? [];
  check(/^USER (?!root|0)/m.test(last), 'the image runs as root');
}

// ----

if (!existsSync(join(ROOT, 'dist', 'src', 'config', 'print.js'))) {
  console.error('The program is not built: npm run build.');
  process.exit(1);
}
const kubectl = tool('kubectl', 'kubernetes-client');
if (kubectl) await checkKubernetes(kubectl);
const promtool = tool('promtool', 'prometheus');
if (promtool) checkMonitoring(promtool);
checkAlerts();
checkCompose();
checkDockerfile();

if (faults.length > 0) {
  console.error('deploy/ is not sound, see scripts/check-deploy.mjs:');
  console.error(faults.map((fault) => `  ${fault}`).join('\n'));
  process.exitCode = 1;
} else {
  console.log(`deploy/ is sound: ${checked} checks.`);
}
