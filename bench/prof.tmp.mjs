import net from 'node:net';
const write = net.Socket.prototype.write;
if (process.argv[3]) net.Socket.prototype.write = function (...a) { if (!this.writableCorked) { this.cork(); setImmediate(() => { while(this.writableCorked) this.uncork(); }); } return write.apply(this, a); };
const { Publisher } = await import('@sluice/messaging');
const { openPlace } = await import('./dist/hop/place.js');
const { saturated, idle } = await import('./dist/hop/rounds.js');
const place = await openPlace(); const feeder = new Publisher({ url: place.url });
try { for (let i=0;i<4;i++) for (const side of process.argv[2].split(',')) { const c=process.cpuUsage(); const r= await saturated(side, place, feeder, 3000, (n)=>`sku-${n*7919%1000}`); const d=process.cpuUsage(c);  console.log(side, Math.round(r), 'node cpu', Math.round((d.user+d.system)/1000)); } } finally { await feeder.close(); await place.close(); }
