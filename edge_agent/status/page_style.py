"""The sheet of the status page, in the page itself: a phone on the robot's network gets one file and asks for no other.

The same values as the collector's pages; a robot has no other page, so it needs few of them.
"""

STYLE = """
:root{color-scheme:light dark;
--font:"Inter","Segoe UI",-apple-system,BlinkMacSystemFont,Roboto,"Noto Sans","PingFang SC","HarmonyOS Sans SC",
"Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",system-ui,sans-serif;
--ground:light-dark(#f5f7f7,#0f1517);--surface:light-dark(#fff,#161e21);--hover:light-dark(#f0f5f5,#1c272b);
--line:light-dark(#dde4e5,#2a363b);--edge:light-dark(#76868c,#74868e);--ink:light-dark(#12222a,#e8eff1);
--ink-2:light-dark(#4a5b62,#a9b8be);--accent:light-dark(#0b5d6b,#72cbd6);--on-accent:light-dark(#fff,#04262b);
--focus:light-dark(#0b5d6b,#8be0ea);--green:light-dark(#08694a,#5ccb9a);--green-soft:light-dark(#dff2e9,#10332a);
--yellow:light-dark(#7d4b00,#f0b955);--red:light-dark(#a81f17,#ff9489);--red-fill:light-dark(#b9281f,#e0594d);
--red-soft:light-dark(#fce6e3,#45201d);--c1:light-dark(#0b6f80,#5cb8c4);--track:light-dark(#e2e9ea,#273338);--lh:1.45}
:lang(zh){--lh:1.6}
*{box-sizing:border-box;margin:0;padding:0}
body{background:var(--ground);color:var(--ink);font:1rem/var(--lh) var(--font);font-variant-numeric:tabular-nums;
text-autospace:normal;-webkit-text-size-adjust:100%}
main{max-width:30rem;margin:0 auto;padding:.75rem;display:grid;gap:.75rem;grid-template-columns:minmax(0,1fr);
overflow-wrap:anywhere}
h1{font-size:1.25rem;line-height:1.25}h2{font-size:1rem}b,summary,h1,h2{font-weight:600}
a{color:var(--accent);text-underline-offset:2px}ul,ol{list-style:none}code{font-family:ui-monospace,monospace}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
.split{display:flex;justify-content:space-between;align-items:center;gap:.5rem}.row{display:flex;gap:.5rem;align-items:center}
.s{font-size:.8125rem}.dim{color:var(--ink-2)}.nb{white-space:nowrap}.stack{display:grid;gap:.75rem}
.ic{width:1.15rem;height:1.15rem;flex:none;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;
stroke-linejoin:round}
.panel{background:var(--surface);border:1px solid var(--line);border-radius:10px}.in{padding:.25rem 1rem .75rem}
.panel>.in:first-child{padding-top:.75rem}
.verdict{display:flex;gap:.75rem;align-items:center;padding:.75rem 1rem;border-radius:6px}
.verdict .ic{width:1.5rem;height:1.5rem}.verdict b{font-size:1.25rem;line-height:1.3}.verdict p{color:var(--ink)}
.verdict.go{background:var(--green-soft);color:var(--green)}.verdict.stop{background:var(--red-soft);color:var(--red)}
.verdict.wait{outline:2px dashed var(--edge);outline-offset:-2px}
.lines>li{display:grid;grid-template-columns:1.5rem minmax(0,1fr);gap:0 .5rem;padding:.5rem 0;
border-top:1px solid var(--line)}
.lines>li:first-child{border-top:0}.lines .ic{margin-top:.2em}.lines b{font-weight:500}
.lines small{display:block;color:var(--ink-2);font-size:.8125rem;grid-column:2}
.ok .ic{color:var(--green)}.warn .ic{color:var(--yellow)}.fail .ic{color:var(--red)}
.kv{display:grid;grid-template-columns:minmax(0,1fr) auto;font-size:.875rem}
.kv>*{padding:.4rem 0;border-top:1px solid var(--line)}.kv>:nth-child(-n+2){border-top:0}
.kv dd{text-align:end;font-weight:500;padding-inline-start:.75rem}
.zero,.unknown,.unsup{color:var(--ink-2);font-weight:400}
.unsup{text-decoration:underline dotted;text-underline-offset:3px}
.fold>summary{display:flex;align-items:center;gap:.5rem;padding:.75rem 1rem;min-height:2.75rem;
cursor:pointer;list-style:none}
.fold>summary::-webkit-details-marker{display:none}
.fold>summary::after{content:"";margin-inline-start:auto;width:.5rem;height:.5rem;border:solid var(--ink-2);
border-width:0 2px 2px 0;rotate:45deg;flex:none}.fold[open]>summary::after{rotate:225deg}
.fold>summary small{font-weight:400;color:var(--ink-2)}
.btn{display:flex;align-items:center;justify-content:center;gap:.35rem;min-height:2.75rem;padding:0 .75rem;width:100%;
border:1px solid var(--edge);border-radius:6px;background:var(--surface);color:var(--ink);font:inherit;font-weight:500;
text-decoration:none;cursor:pointer}.btn:hover{background:var(--hover)}
.btn.main{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.btn.quiet{width:auto;border-color:transparent;background:none;color:var(--accent)}
.field{display:grid;gap:.25rem}
.field input{font:inherit;min-height:2.75rem;padding:0 .75rem;border:1px solid var(--edge);
border-radius:6px;background:var(--surface);color:var(--ink)}.err{color:var(--red);display:flex;gap:.35rem}
.help{color:var(--ink-2);font-size:.8125rem}
.four{display:inline-flex;gap:3px;vertical-align:middle}.four i{width:1.1rem;height:.45rem;border-radius:2px;
background:var(--c1)}.four i.no{background:none;border:1px solid var(--edge)}.four i.bad{background:var(--red-fill)}
.four i.go{background:repeating-linear-gradient(135deg,var(--c1) 0 3px,var(--track) 3px 6px)}
@media(forced-colors:active){.four i{forced-color-adjust:none;background:CanvasText}.four i.no{background:Canvas}
.verdict{border:1px solid CanvasText}}
"""
