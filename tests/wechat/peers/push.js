// Pushes to central with npm wechat-crypto: push.js URL TOKEN AES_KEY APPID COUNT. Prints one JSON object.
'use strict';
const Crypt = require('wechat-crypto');

const [url, token, aesKey, appid, count] = process.argv.slice(2);
const crypt = new Crypt(token, aesKey, appid);

function textOf(xml, name) {
  const found = new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([\\s\\S]*?)(?:\\]\\]>)?</${name}>`).exec(xml);
  return found ? found[1] : '';
}

function message(openid, fields) {
  return `<xml><ToUserName><![CDATA[gh_peer]]></ToUserName><FromUserName><![CDATA[${openid}]]></FromUserName>` +
    `<CreateTime>${Math.floor(Date.now() / 1000)}</CreateTime>${fields}</xml>`;
}

async function push(body, change) {
  const timestamp = String(Math.floor(Date.now() / 1000)), nonce = String(Math.floor(Math.random() * 1e10));
  const encrypted = crypt.encrypt(body);
  const query = {timestamp, nonce, encrypt_type: 'aes', msg_signature: crypt.getSignature(timestamp, nonce, encrypted)};
  const wire = {query, encrypted};
  change(wire);
  const began = Date.now();
  const answer = await fetch(`${url}?${new URLSearchParams(wire.query)}`, {
    method: 'POST', headers: {'Content-Type': 'text/xml'},
    body: `<xml><ToUserName><![CDATA[gh_peer]]></ToUserName><Encrypt><![CDATA[${wire.encrypted}]]></Encrypt></xml>`});
  return {status: answer.status, ms: Date.now() - began, text: await answer.text()};
}

function readReply(text) {
  const encrypted = textOf(text, 'Encrypt');
  const right = crypt.getSignature(textOf(text, 'TimeStamp'), textOf(text, 'Nonce'), encrypted);
  const opened = crypt.decrypt(encrypted);
  return {signed: right === textOf(text, 'MsgSignature'), id: opened.id, content: textOf(opened.message, 'Content'),
    to: textOf(opened.message, 'ToUserName')};
}

(async () => {
  const result = {answered: 0, slowest_ms: 0, replies: 0, wrong: [], refused: {}};
  for (let i = 0; i < Number(count); i++) {
    const openid = `oPeerCrypto${String(i).padStart(17, '0')}`;
    const fields = i % 2 === 0
      ? '<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_t1]]></EventKey>'
      : `<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content><MsgId>${90000 + i}</MsgId>`;
    const answer = await push(message(openid, fields), () => {});
    result.slowest_ms = Math.max(result.slowest_ms, answer.ms);
    result.answered += answer.status === 200 ? 1 : 0;
    const reply = readReply(answer.text);
    if (reply.signed && reply.id === appid && reply.to === openid && reply.content.includes('/m/')) result.replies++;
    else result.wrong.push(answer.text.slice(0, 200));
  }
  const body = message('oPeerCryptoTampered0000000', '<MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId>');
  const tampered = {
    signature: w => { w.query.msg_signature = w.query.msg_signature.replace(/./, c => c === '0' ? '1' : '0'); },
    nonce: w => { w.query.nonce += '1'; },
    text: w => { w.encrypted = (w.encrypted[0] === 'A' ? 'B' : 'A') + w.encrypted.slice(1); },
    old: w => {
      w.query.timestamp = String(Number(w.query.timestamp) - 3600);
      w.query.msg_signature = crypt.getSignature(w.query.timestamp, w.query.nonce, w.encrypted);
    },
    appid: w => {
      w.encrypted = new Crypt(token, aesKey, 'wx0000000000000000').encrypt(body);
      w.query.msg_signature = crypt.getSignature(w.query.timestamp, w.query.nonce, w.encrypted);
    },
  };
  for (const [name, change] of Object.entries(tampered)) {
    const answer = await push(body, change);
    result.refused[name] = `${answer.status} ${JSON.parse(answer.text).error}`;
  }
  console.log(JSON.stringify(result));
})();
