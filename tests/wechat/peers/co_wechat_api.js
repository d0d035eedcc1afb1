// Works the emulator's server API with npm co-wechat-api: co_wechat_api.js BASE APPID SECRET OPENID OPENID. Prints JSON.
'use strict';
const API = require('co-wechat-api');

const [base, appid, secret, one, two] = process.argv.slice(2);
const api = new API(appid, secret);
api.prefix = `${base}/cgi-bin/`;

async function code(promise) {
  try {
    await promise;
    return 0;
  } catch (error) {
    return error.code || String(error);
  }
}

(async () => {
  const result = {};
  const permanent = await api.createLimitQRCode('shelf-1');
  const temporary = await api.createTmpQRCode('till-1', 1800);
  result.permanent = {url: permanent.url, ticket: Boolean(permanent.ticket), expire: permanent.expire_seconds || 0};
  result.temporary = {url: temporary.url, expire: temporary.expire_seconds};
  result.user = await api.getUser({openid: one, lang: 'zh_CN'});
  result.users = (await api.batchGetUsers([one, two])).user_info_list.length;
  result.followers = (await api.getFollowers()).total;
  const tag = (await api.createTags('常客')).tag.id;
  await api.batchTagging([one, two], tag);
  result.tags = (await api.getUser({openid: two, lang: 'zh_CN'})).tagid_list.length;
  result.tag_twice = await code(api.createTags('常客'));
  result.text = await code(api.sendText(one, '您好'));
  result.stranger = await code(api.sendText('oStrangerNobodyKnows', 'x'));
  result.template = (await api.sendTemplate(one, 'T1', 'http://x/', '#000000', {a: {value: '1'}})).errcode;
  result.mass = await code(api.massSendText('新品', [one, two], 'mass-1'));
  result.mass_twice = await code(api.massSendText('新品', [one, two], 'mass-1'));
  result.menu = await code(api.createMenu({button: [{type: 'click', name: '会员', key: 'm'}]}));
  result.menu_back = (await api.getMenu()).menu.button[0].name;
  result.menu_too_big = await code(api.createMenu({button: [1, 2, 3, 4].map(i => ({type: 'click', name: `${i}`, key: 'k'}))}));
  // Somebody else takes a token: the peer is told 40001, fetches another and goes on.
  await fetch(`${base}/cgi-bin/token?grant_type=client_credential&appid=${appid}&secret=${secret}`);
  result.after_stale_token = await code(api.sendText(one, '还在'));
  console.log(JSON.stringify(result));
})().catch(error => { console.error(error); process.exit(1); });
