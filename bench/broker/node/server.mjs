// aedes behind net, as its own documentation has it: `node server.mjs PORT`.
import { Aedes } from 'aedes'
import net from 'node:net'

const aedes = await Aedes.createBroker()
const server = net.createServer((socket) => {
  socket.setNoDelay(true)
  aedes.handle(socket)
})
server.listen(Number(process.argv[2]), '127.0.0.1')
