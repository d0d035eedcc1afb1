// npm node-easywechat against both ends: easywechat.js API_BASE CALLBACK TOKEN AES_KEY APPID SECRET. It takes a stable token
// and calls the emulator's API with it, and its encryptor seals a push for central and opens the reply. Prints JSON.
'use strict';
const {OfficialAccount} = require('node-easywechat');

const [base, callback, token, aesKey, appid, secret] = process.argv.slice(2);
const app = new OfficialAccount({app_id: appid, secret, token, aes_key: aesKey, use_stable_access_token: true,
  http: {baseURL: `${base}/`}});

function textOf(xml, name) {
  const found = new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([\\s\\S]*?)(?:\\]\\]>)?</${name}>`).exec(xml);
  return found ? found[1] : '';
}

async function pushSealed() {
  const encryptor = app.getEncryptor();
  const openid = 'oPeerEasyWechat000000000001';
  const timestamp = String(Math.floor(Date.now() / 1000)), nonce = '4711';
  const sealed = encryptor.encrypt(
    `<xml><ToUserName>gh_peer</ToUserName><FromUserName>${openid}</FromUserName><CreateTime>${timestamp}</CreateTime>` +
    '<MsgType>text</MsgType><Content>积分</Content><MsgId>771</MsgId></xml>', nonce, timestamp);
  const query = new URLSearchParams({timestamp, nonce, encrypt_type: 'aes', msg_signature: textOf(sealed, 'MsgSignature')});
  const answer = await fetch(`${callback}?${query}`, {method: 'POST', body: sealed, headers: {'Content-Type': 'text/xml'}});
  const reply = await answer.text();
  const opened = encryptor.decrypt(textOf(reply, 'Encrypt'), textOf(reply, 'MsgSignature'), textOf(reply, 'Nonce'),
    textOf(reply, 'TimeStamp'));
  return {status: answer.status, to: textOf(opened, 'ToUserName') === openid, page: textOf(opened, 'Content').includes('/m/')};
}

(async () => {
  const result = {};
  const client = app.getClient();
  const made = await client.postJson('cgi-bin/qrcode/create', {action_name: 'QR_LIMIT_STR_SCENE',
    action_info: {scene: {scene_str: 'easy'}}});
  result.url = made.toObject().url;
  const followers = await client.get('cgi-bin/user/get');
  result.followers = followers.toObject().total;
  result.same_token = (await app.getAccessToken().getToken()) === (await app.getAccessToken().getStableAccessToken());
  result.pushed = await pushSealed();
  console.log(JSON.stringify(result));
})().catch(error => { console.error(error); process.exit(1); });
