'use strict';
/*
 * replicate.js COUNT: replicates COUNT documents from a local PouchDB (LevelDB) to express-pouchdb (LevelDB) in a
 * process of its own, over HTTP on loopback, with several batch sizes; prints {"seconds","documents","batch_size"} of
 * the fastest. The documents say what a redemption says.
 */
const { fork } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

function serve(folder) {
  const express = require('express');
  const PouchDB = require('pouchdb').defaults({ prefix: folder + path.sep });
  const app = express();
  app.use('/', require('express-pouchdb')(PouchDB, { logPath: path.join(folder, 'log.txt'), mode: 'minimumForPouchDB' }));
  const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}

function document(i) {
  const at = 1795000000000 + i * 37000;
  return {
    _id: `1-1-${String(i).padStart(10, '0')}`, kind: 'redemption', coupon: `1002-${7000000000 + i}`, use_no: 1,
    member: 1 + (i * 7919) % 4000, clerk: 1, discount_minor: 1000, sale_minor: 2000 + (i % 97) * 50, business_ms: at,
    offline: true, prev_hash: require('crypto').createHash('sha256').update(String(i)).digest('base64'),
  };
}

async function replicateOnce(PouchDB, url, local, count, batchSize) {
  const began = process.hrtime.bigint();
  const result = await PouchDB.replicate(local, `${url}/target-${batchSize}`, { batch_size: batchSize });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (!result.ok || result.docs_written !== count) throw new Error(JSON.stringify(result));
  return { seconds, documents: result.docs_written, batch_size: batchSize };
}

async function main(count) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tillside-pouch-'));
  fs.mkdirSync(path.join(folder, 'server'));
  const server = fork(__filename, ['--serve', path.join(folder, 'server')], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    const { port } = await new Promise((resolve, reject) => { server.once('message', resolve); server.once('exit', reject); });
    const PouchDB = require('pouchdb').defaults({ prefix: folder + path.sep });
    const local = new PouchDB('local');
    for (let i = 0; i < count; i += 1000) {
      await local.bulkDocs(Array.from({ length: Math.min(1000, count - i) }, (_, j) => document(i + j)));
    }
    let best = null;
    for (const batchSize of [100, 500, 1000]) {
      const run = await replicateOnce(PouchDB, `http://127.0.0.1:${port}`, local, count, batchSize);
      if (best === null || run.seconds < best.seconds) best = run;
    }
    console.log(JSON.stringify(best));
    await local.close();
  } finally {
    server.kill();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === '--serve') serve(process.argv[3]);
else main(Number(process.argv[2] || 10000)).catch((error) => { console.error(error); process.exit(1); });
