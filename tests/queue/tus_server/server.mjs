// @tus/server under /v1/files, and beside it as much of a province as a sender needs to believe that it is there.
// node server.mjs '{"port": 0, "directory": "…", "relativeLocation": true, "expireMs": 0, "inner": ""}'
import { createServer } from 'node:http'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const options = JSON.parse(process.argv[2])
const dossiers = new Map()

const tus = new Server({
  path: '/v1/files',
  datastore: new FileStore({
    directory: options.directory,
    ...(options.expireMs ? { expirationPeriodInMilliseconds: options.expireMs } : {}),
  }),
  relativeLocation: options.relativeLocation ?? false,
  ...(options.inner ? { generateUrl: (_request, { path, id }) => `${options.inner}${path}/${id}` } : {}),
})

function say(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

function submit(request, response) {
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    const key = request.headers['idempotency-key']
    const known = dossiers.get(key)
    const body = Buffer.concat(parts).toString()
    if (known && known.body !== body) return say(response, 409, { title: 'another body' })
    const code = known?.code ?? `H05.114-261123-${String(dossiers.size + 1).padStart(4, '0')}`
    dossiers.set(key, { body, code })
    say(response, known ? 200 : 201, { code, status: 1, received_at: '2026-11-23T08:00:00+07:00', due_at: null })
  })
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://province')
  if (url.pathname.startsWith('/v1/files')) return tus.handle(request, response)
  if (url.pathname === '/v1/health') return say(response, 200, { status: 'ok', time: new Date().toISOString() })
  if (request.method === 'POST') return submit(request, response)
  say(response, 404, { title: 'not here' })
})

server.listen(options.port, '127.0.0.1', () => console.log(server.address().port))
