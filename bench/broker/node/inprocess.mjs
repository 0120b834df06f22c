// A broker in this process: bytes of a publisher in, bytes for its subscribers out.
//
//   node inprocess.mjs aedes SUBSCRIBERS MILLISECONDS
//   node inprocess.mjs wasm FILE SUBSCRIBERS MILLISECONDS
//
// Prints messages delivered per second and nanoseconds of processor time for each.
import { readFile } from 'node:fs/promises'
import { Duplex } from 'node:stream'

const BATCH = 100
const [kind, ...rest] = process.argv.slice(2)
const [count, span] = rest.slice(-2).map(Number)

async function report (work) {
  // The compiler has seen everything before the clock starts.
  await work(performance.now() + 500)
  const begun = performance.now()
  const cpu = process.cpuUsage()
  const delivered = await work(begun + span)
  const took = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpu)
  console.log(delivered / took, (user + system) * 1000 / delivered)
  process.exit(0)
}

async function wasm (file) {
  const { instance } = await WebAssembly.instantiate(await readFile(file), {})
  const { start, input, feed, output, output_len: outputLen, clear, memory } = instance.exports
  const length = start(count)
  const batch = new Uint8Array(memory.buffer, input(), length).slice()
  await report(async (end) => {
    let delivered = 0
    while (performance.now() < end) {
      for (let turn = 0; turn < 10; turn++) {
        new Uint8Array(memory.buffer, input(), length).set(batch)
        feed(length)
        for (let at = 0; at < count; at++) {
          const bytes = new Uint8Array(memory.buffer, output(at), outputLen(at)).slice()
          if (bytes.length !== length) throw new Error(`${bytes.length} bytes for ${length}`)
          clear(at)
        }
        delivered += BATCH * count
      }
    }
    return delivered
  })
}

async function aedes () {
  const { Aedes } = await import('aedes')
  const broker = await Aedes.createBroker()
  const topic = Buffer.from('bench/0/value')
  const field = (bytes) => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
  const packet = (first, body) => Buffer.concat([Buffer.from([first, body.length]), body])
  const publish = packet(0x30, Buffer.concat([field(topic), Buffer.alloc(64, 'x')]))
  const batch = Buffer.concat(Array(BATCH).fill(publish))

  let received = 0
  let wake = () => {}
  const client = async (name, subscribes) => {
    let answers = 0
    let greeted
    const done = new Promise((resolve) => { greeted = resolve })
    const stream = new Duplex({
      read () {},
      write (chunk, _, next) {
        if (answers < 2) {
          answers += chunk[0] === 0x20 ? 1 : 0
          answers += chunk[0] === 0x90 ? 1 : 0
          if (answers === (subscribes ? 2 : 1)) { answers = 2; greeted() }
        } else {
          received += chunk.length
          wake()
        }
        next()
      }
    })
    broker.handle(stream)
    const id = field(Buffer.from(name))
    stream.push(packet(0x10, Buffer.concat([Buffer.from('\x00\x04MQTT\x04\x02\x00\x00', 'latin1'), id])))
    if (subscribes) stream.push(packet(0x82, Buffer.concat([Buffer.from([0, 1]), field(topic), Buffer.from([0])])))
    await done
    return stream
  }
  for (let at = 0; at < count; at++) await client(`s${at}`, true)
  const publisher = await client('p', false)
  // Chunks can be parts of a packet: what counts is bytes.
  await new Promise((resolve) => setTimeout(resolve, 50))
  received = 0
  let due = 0
  await report(async (end) => {
    const before = due
    while (performance.now() < end) {
      publisher.push(batch)
      due += batch.length * count
      if (received < due) {
        await new Promise((resolve) => { wake = () => { if (received >= due) resolve() } })
        wake = () => {}
      }
    }
    return (due - before) / publish.length
  })
}

await (kind === 'wasm' ? wasm(rest[0]) : aedes())
