// Names of the images that the harness builds, in one place for those who build and those who choose.

export const BASE_IMAGE = 'kafka-gauntlet/base:bookworm-jre17'
export const TOXIPROXY_VERSION = '2.12.0'
export const TOXIPROXY_IMAGE = `kafka-gauntlet/toxiproxy:${TOXIPROXY_VERSION}`
/** The label that holds the hash of everything an image was made from. */
export const CONTENT_LABEL = 'kafka-gauntlet.content'

/** Our own build of a Kafka version. */
export function kafkaImageName(version: string): string {
  return `kafka-gauntlet/kafka:${version}`
}
