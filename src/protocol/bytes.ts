// Kafka's primitive types: one bounded reader, one gathering writer.
export { Reader, readInt32, readInt64, readInt64Nearest, readString } from './reader.ts'
export { Writer, writeInt32, writeInt64, writeString } from './writer.ts'
