// An official account made with npm wechat on express, for the emulator to push to: account.js TOKEN AES_KEY APPID.
// Prints {"port": P} and answers every text with "echo: …", every event with its name and key.
'use strict';
const express = require('express');
const wechat = require('wechat');

const [token, encodingAESKey, appid] = process.argv.slice(2);
const answer = (req, res) => {
  const m = req.weixin;
  if (m.MsgType === 'text') res.reply(`echo: ${m.Content}`);
  else if (m.Event === 'unsubscribe') res.reply('');
  else res.reply(`${m.Event}/${m.EventKey}`);
};

const app = express();
app.use('/safe', wechat({token, encodingAESKey, appid}, answer));
app.use('/plain', wechat(token, answer));
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({port: server.address().port})));
