// The architecture as rules: who may import whom, each with its reason.
const PURE = '^src/(core|plan|topology|stats|analysis|verify|search|report/charts)/'

const door = (name, packagePattern, doors, why) => ({
  name: `one-door-${name}`,
  comment: why,
  severity: 'error',
  from: { path: '^src', pathNot: doors },
  to: { path: packagePattern },
})

export default {
  forbidden: [
    { name: 'no-cycles', comment: 'A cycle means that two rooms are one.', severity: 'error', from: { path: '^src' }, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'core-imports-nothing', comment: 'core is below everything; what it needs belongs to it.', severity: 'error', from: { path: '^src/core/' }, to: { path: '^src/', pathNot: '^src/core/' } },
    { name: 'pure-folders', comment: 'Numbers, plans and charts must be the same on every machine: no files, clocks or processes.', severity: 'error', from: { path: PURE }, to: { dependencyTypes: ['core'] } },
    { name: 'drivers-are-strangers', comment: 'A driver that leans on another measures both.', severity: 'error', from: { path: '^src/drivers/([^/]+)/' }, to: { path: '^src/drivers/[^/]+/', pathNot: '^src/drivers/$1/' } },
    { name: 'capabilities-import-no-client', comment: 'plan reads capabilities before anything is loaded.', severity: 'error', from: { path: '^src/drivers/[^/]+/capabilities\\.ts$' }, to: { path: 'node_modules' } },
    {
      name: 'protocol-knows-nobody',
      comment: 'The protocol is below drivers, load and clusters: all of them stand on it.',
      severity: 'error',
      from: { path: '^src/protocol/' },
      to: { path: '^src/(cluster|load|run|report|cli|plan|analysis|verify|recording|drivers/[^/]+/)' },
    },
    { name: 'load-knows-no-cluster', comment: 'A worker must be able to load any brokers, from another machine too.', severity: 'error', from: { path: '^src/load/' }, to: { path: '^src/(cluster|chaos|run|report|cli)/' } },
    {
      name: 'chaos-acts-through-powers',
      comment: 'A fault that knows Docker or Toxiproxy works on one provider only.',
      severity: 'error',
      from: { path: '^src/chaos/' },
      to: { path: '^src/(cluster/(providers|links|images)|drivers/[^/]+/|load|run|report|cli|plan|analysis|verify|recording)' },
    },
    { name: 'cluster-knows-no-load', comment: 'A cluster is started the same whatever is done to it.', severity: 'error', from: { path: '^src/cluster/' }, to: { path: '^src/(load|run|report|cli|plan|analysis|verify)/' } },
    { name: 'left-half-computes-nothing', comment: 'The left half never computes a percentile: one way to a number.', severity: 'error', from: { path: '^src/(run/(trial|run|observe|specs|accounts|witness)|cluster|drivers)' }, to: { path: '^src/(analysis|verify|report)/' } },
    { name: 'right-half-sees-no-broker', comment: 'Reports, comparisons and verdicts start from a recording.', severity: 'error', from: { path: '^src/(analysis|verify|report|stats)/' }, to: { path: '^src/(cluster|load|run|drivers|cli)/' } },
    { name: 'cli-is-the-top', comment: 'Nothing below may know that there is a terminal.', severity: 'error', from: { path: '^src/', pathNot: '^src/cli/' }, to: { path: '^src/cli/' } },
    { name: 'no-src-to-test', comment: 'What ships does not need its tests.', severity: 'error', from: { path: '^src' }, to: { path: '^test' } },
    { name: 'not-to-dev-dep', comment: 'A development dependency is missing in the package.', severity: 'error', from: { path: '^src' }, to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] } },
    { name: 'no-orphans', comment: 'A file nobody opens is dead or lost.', severity: 'error', from: { orphan: true, path: '^src', pathNot: ['\\.d\\.ts$', '^src/load/worker\\.ts$', '^src/cluster/reaper\\.ts$'] }, to: {} },
    door('kafkajs', 'node_modules/kafkajs', '^src/drivers/kafkajs/client\\.ts$', 'Its sockets, logging and timers are set right in one place.'),
    door('platformatic', 'node_modules/@platformatic/', '^src/drivers/platformatic/client\\.ts$', 'What it leaves unsaid (sockets, requests sent, a second error of a connection) is heard in one place.'),
    door('dockerode', 'node_modules/dockerode', '^src/cluster/providers/docker/client\\.ts$', 'Every Docker call has a deadline there.'),
    door('hdr', 'node_modules/hdr-histogram-js', '^src/stats/histogram\\.ts$', 'Its encoder is malformed; ours stands beside it.'),
    door('yaml', 'node_modules/yaml/', '^src/scenario/yaml\\.ts$', 'Positions, limits and refusals are decided once.'),
    door('vega', 'node_modules/vega(-lite)?/', '^src/report/svg\\.ts$', 'The loader that refuses every address is there.'),
    door('yargs', 'node_modules/yargs/', '^src/cli/main\\.ts$', 'One table makes parser and help.'),
    door('properties', 'node_modules/properties-file', '^src/cluster/client-properties\\.ts$', 'Secrets are kept out of messages there.'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
}
