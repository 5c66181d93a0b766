// Broker properties that Kafka 4.3 knows, by type, so that typing mistakes are found before a node is started.
import { type Setting, type SettingTable, TOPIC_SETTINGS } from './setting-tables.ts'

const DURATIONS = `
  add.partitions.to.txn.retry.backoff.max.ms add.partitions.to.txn.retry.backoff.ms broker.heartbeat.interval.ms
  broker.session.timeout.ms connection.failed.authentication.delay.ms connections.max.idle.ms
  connections.max.reauth.ms controller.quorum.append.linger.ms controller.quorum.election.backoff.max.ms
  controller.quorum.election.timeout.ms controller.quorum.fetch.timeout.ms controller.quorum.request.timeout.ms
  controller.quorum.retry.backoff.ms controller.socket.timeout.ms delegation.token.expiry.check.interval.ms
  delegation.token.expiry.time.ms delegation.token.max.lifetime.ms group.consumer.assignment.interval.ms
  group.consumer.heartbeat.interval.ms group.consumer.max.assignment.interval.ms
  group.consumer.max.heartbeat.interval.ms group.consumer.max.session.timeout.ms
  group.consumer.min.assignment.interval.ms group.consumer.min.heartbeat.interval.ms
  group.consumer.min.session.timeout.ms group.consumer.session.timeout.ms group.coordinator.append.linger.ms
  group.initial.rebalance.delay.ms group.max.session.timeout.ms group.min.session.timeout.ms
  group.share.assignment.interval.ms group.share.heartbeat.interval.ms group.share.max.assignment.interval.ms
  group.share.max.heartbeat.interval.ms group.share.max.record.lock.duration.ms group.share.max.session.timeout.ms
  group.share.min.assignment.interval.ms group.share.min.heartbeat.interval.ms
  group.share.min.record.lock.duration.ms group.share.min.session.timeout.ms group.share.record.lock.duration.ms
  group.share.session.timeout.ms group.streams.assignment.interval.ms group.streams.heartbeat.interval.ms
  group.streams.initial.rebalance.delay.ms group.streams.max.assignment.interval.ms
  group.streams.max.heartbeat.interval.ms group.streams.max.session.timeout.ms
  group.streams.min.assignment.interval.ms group.streams.min.heartbeat.interval.ms
  group.streams.min.session.timeout.ms group.streams.session.timeout.ms initial.broker.registration.timeout.ms
  log.cleaner.backoff.ms log.cleaner.delete.retention.ms log.cleaner.max.compaction.lag.ms
  log.cleaner.min.compaction.lag.ms log.dir.failure.timeout.ms log.flush.interval.ms
  log.flush.offset.checkpoint.interval.ms log.flush.scheduler.interval.ms
  log.flush.start.offset.checkpoint.interval.ms log.local.retention.ms log.message.timestamp.after.max.ms
  log.message.timestamp.before.max.ms log.retention.check.interval.ms log.retention.ms log.roll.jitter.ms
  log.roll.ms log.segment.delete.delay.ms metadata.log.max.snapshot.interval.ms metadata.log.segment.ms
  metadata.max.idle.interval.ms metadata.max.retention.ms metrics.sample.window.ms offsets.commit.timeout.ms
  offsets.retention.check.interval.ms producer.id.expiration.ms remote.fetch.max.wait.ms
  remote.list.offsets.request.timeout.ms remote.log.manager.task.interval.ms replica.fetch.backoff.ms
  replica.fetch.wait.max.ms replica.high.watermark.checkpoint.interval.ms replica.lag.time.max.ms
  replica.socket.timeout.ms request.timeout.ms share.coordinator.append.linger.ms share.coordinator.write.timeout.ms
  socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms
  transaction.abort.timed.out.transaction.cleanup.interval.ms transaction.max.timeout.ms
  transaction.remove.expired.transaction.cleanup.interval.ms transactional.id.expiration.ms
`

const SIZES = `
  controller.quorum.fetch.max.bytes controller.quorum.fetch.snapshot.max.bytes fetch.max.bytes
  group.coordinator.cached.buffer.max.bytes log.cleaner.dedupe.buffer.size log.cleaner.io.buffer.size
  log.index.interval.bytes log.index.size.max.bytes log.local.retention.bytes log.retention.bytes log.segment.bytes
  message.max.bytes metadata.log.segment.bytes metadata.max.retention.bytes offset.metadata.max.bytes
  offsets.load.buffer.size offsets.topic.segment.bytes queued.max.request.bytes
  remote.log.index.file.cache.total.size.bytes remote.log.metadata.custom.metadata.max.bytes replica.fetch.max.bytes
  replica.fetch.min.bytes replica.fetch.response.max.bytes replica.socket.receive.buffer.bytes
  share.coordinator.cached.buffer.max.bytes share.coordinator.load.buffer.size
  share.coordinator.state.topic.segment.bytes socket.receive.buffer.bytes socket.request.max.bytes
  socket.send.buffer.bytes telemetry.max.bytes transaction.state.log.load.buffer.size
  transaction.state.log.segment.bytes
`

const WHOLE_NUMBERS = `
  alter.log.dirs.replication.quota.window.num alter.log.dirs.replication.quota.window.size.seconds
  background.threads controller.quota.window.num controller.quota.window.size.seconds default.replication.factor
  delete.records.purgatory.purge.interval.requests fetch.purgatory.purge.interval.requests group.consumer.max.size
  group.coordinator.background.threads group.coordinator.threads group.max.size group.share.delivery.count.limit
  group.share.max.delivery.count.limit group.share.max.partition.max.record.locks group.share.max.share.sessions
  group.share.max.size group.share.min.delivery.count.limit group.share.min.partition.max.record.locks
  group.share.partition.max.record.locks group.streams.max.size group.streams.max.standby.replicas
  group.streams.num.standby.replicas kafka.metrics.polling.interval.secs leader.imbalance.check.interval.seconds
  log.cleaner.threads log.flush.interval.messages log.retention.hours log.retention.minutes log.roll.hours
  log.roll.jitter.hours max.connection.creation.rate max.connections max.connections.per.ip
  max.incremental.fetch.session.cache.slots max.request.partition.size.limit
  metadata.log.max.record.bytes.between.snapshots metrics.num.samples num.io.threads
  num.network.threads num.partitions num.recovery.threads.per.data.dir num.replica.alter.log.dirs.threads
  num.replica.fetchers offsets.retention.minutes offsets.topic.compression.codec offsets.topic.num.partitions
  offsets.topic.replication.factor producer.purgatory.purge.interval.requests queued.max.requests quota.window.num
  quota.window.size.seconds remote.log.manager.copier.thread.pool.size remote.log.manager.copy.max.bytes.per.second
  remote.log.manager.copy.quota.window.num remote.log.manager.copy.quota.window.size.seconds
  remote.log.manager.expiration.thread.pool.size remote.log.manager.fetch.max.bytes.per.second
  remote.log.manager.fetch.quota.window.num remote.log.manager.fetch.quota.window.size.seconds
  remote.log.manager.follower.thread.pool.size remote.log.manager.thread.pool.size
  remote.log.reader.max.pending.tasks remote.log.reader.threads replication.quota.window.num
  replication.quota.window.size.seconds share.coordinator.snapshot.update.records.per.snapshot
  share.coordinator.state.topic.compression.codec share.coordinator.state.topic.min.isr
  share.coordinator.state.topic.num.partitions share.coordinator.state.topic.replication.factor
  share.coordinator.threads share.fetch.purgatory.purge.interval.requests socket.listen.backlog.size
  transaction.state.log.min.isr transaction.state.log.num.partitions transaction.state.log.replication.factor
`

const NUMBERS = `
  log.cleaner.io.buffer.load.factor log.cleaner.io.max.bytes.per.second log.cleaner.min.cleanable.ratio
`

const BOOLEANS = `
  auto.create.topics.enable auto.leader.rebalance.enable controlled.shutdown.enable
  controller.quorum.auto.join.enable delete.topic.enable follower.fetch.last.tiered.offset.enable log.cleaner.enable
  log.preallocate remote.log.storage.system.enable transaction.partition.verification.enable
  transaction.two.phase.commit.enable unclean.leader.election.enable
`

const TEXTS = `
  alter.config.policy.class.name authorizer.class.name client.quota.callback.class config.providers
  cordoned.log.dirs create.topic.policy.class.name group.consumer.assignors group.consumer.migration.policy
  group.coordinator.rebalance.protocols group.share.assignors kafka.metrics.reporters
  max.connections.per.ip.overrides metric.reporters metrics.recording.level principal.builder.class
  remote.log.metadata.manager.class.name remote.log.metadata.manager.class.path
  remote.log.metadata.manager.impl.prefix remote.log.metadata.manager.listener.name
  remote.log.storage.manager.class.name remote.log.storage.manager.class.path remote.log.storage.manager.impl.prefix
  replica.selector.class
`

/** Each name of a list with one setting. */
function each(names: string, setting: Omit<Setting, 'doc'>): SettingTable {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map(name => [name, { ...setting, doc: '' }]),
  )
}

const pick = (name: string): Setting => {
  const setting = TOPIC_SETTINGS[name]
  if (!setting) throw new Error(`no topic setting ${name}`)
  return setting
}

/** Broker properties by name; -2 and -1 are Kafka's ways of saying `as elsewhere` and `no limit`. */
export const BROKER_SETTINGS: SettingTable = {
  ...each(DURATIONS, { type: 'durationMs', min: -2 }),
  ...each(SIZES, { type: 'sizeBytes', min: -2 }),
  ...each(WHOLE_NUMBERS, { type: 'int' }),
  ...each(NUMBERS, { type: 'number' }),
  ...each(BOOLEANS, { type: 'boolean' }),
  ...each(TEXTS, { type: 'string' }),
  'compression.type': pick('compression.type'),
  'compression.gzip.level': pick('compression.gzip.level'),
  'compression.lz4.level': pick('compression.lz4.level'),
  'compression.zstd.level': pick('compression.zstd.level'),
  'log.cleanup.policy': pick('cleanup.policy'),
  'log.message.timestamp.type': pick('message.timestamp.type'),
  'min.insync.replicas': pick('min.insync.replicas'),
}

const NODES = 'remove it: the layout decides the nodes and their roles'
const LISTENERS = 'remove it: the run makes the listeners'
const DISKS = 'remove it: every node has a data directory of its own'

/** Properties that the harness sets on every node, and what to write instead. */
export const HARNESS_OWNED: ReadonlyMap<string, string> = new Map([
  ['node.id', NODES],
  ['broker.id', NODES],
  ['process.roles', NODES],
  ['controller.quorum.voters', NODES],
  ['controller.quorum.bootstrap.servers', NODES],
  ['controller.listener.names', LISTENERS],
  ['listener.security.protocol.map', LISTENERS],
  ['listeners', LISTENERS],
  ['advertised.listeners', LISTENERS],
  ['early.start.listeners', LISTENERS],
  ['inter.broker.listener.name', LISTENERS],
  ['security.inter.broker.protocol', LISTENERS],
  ['log.dir', DISKS],
  ['log.dirs', DISKS],
  ['metadata.log.dir', DISKS],
  ['broker.rack', 'write racks: [a, b, c] under cluster'],
])

/** The setting behind a broker property, where it is known. */
export function brokerSetting(name: string): Setting | undefined {
  return Object.hasOwn(BROKER_SETTINGS, name) ? BROKER_SETTINGS[name] : undefined
}
