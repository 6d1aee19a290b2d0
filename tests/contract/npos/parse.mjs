// The rasters of an ESC/POS job on stdin, as a receiver that nobody here wrote reads them: a line of JSON each.
import { readFileSync } from 'node:fs'
import npos from 'npos'

const job = readFileSync(0)
const { tree, error } = npos.parser().analyze(job)
if (error) throw error
for (const node of tree) {
  if (node.ascii !== 'GS' || node.fn !== 'v0') continue
  const picture = npos.codecs.raster.decode(job, [{ offset: node.offset }])
  const rows = []
  for (let y = 0; y < picture.height; y++) {
    let row = ''
    for (let x = 0; x < picture.width; x++) row += picture.getPixel(x, y) === 0 ? '1' : '0'
    rows.push(row)
  }
  console.log(JSON.stringify({ mode: job[node.offset + 3], rows }))
}
