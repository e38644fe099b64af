import { fontStack } from "../../report/chart-theme.js";
import { pageColours } from "../../report/page-style.js";

const states = `
.fresh,.done,.restored{--state:var(--tip)}.failed{--state:var(--caution)}.running{--state:var(--link)}.waiting,.kept,.unknown{--state:var(--soft)}`;

const text = `
*,*::before,*::after{box-sizing:border-box}
html,body{height:100%;margin:0}
body{background:var(--paper);color:var(--ink);font:15px/1.5 ${fontStack};display:grid;grid-template:auto minmax(0,1fr)/22rem minmax(0,1fr);overflow:hidden;overflow-wrap:anywhere}
a{color:var(--link);text-underline-offset:.15em}h1,h2,h3,p,ol,ul,dl,dd,pre{margin:0;padding:0}h1,h2,h3{line-height:1.3}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em}
:focus-visible{outline:3px solid var(--mark);outline-offset:2px;border-radius:3px}
[hidden]{display:none!important}.sr-only{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-100vw;top:0;background:var(--paper);padding:.5rem 1rem;z-index:3}.skip:focus{left:0}
button,.button{font:inherit;font-size:.87rem;color:var(--ink);background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:.25rem .7rem;min-height:2rem;cursor:pointer;text-decoration:none}
button:hover,.button:hover{border-color:var(--link)}button[aria-pressed=true],.button[aria-current]{background:var(--faint);border-color:var(--soft);font-weight:600}`;

const frame = `
header{grid-column:1/-1;display:flex;flex-wrap:wrap;align-items:center;gap:.4rem 1rem;padding:.5rem 1rem;border-bottom:1px solid var(--line);background:var(--paper)}
header h1{font-size:1rem;font-weight:650}header nav{display:flex;gap:.4rem;margin-left:auto}
#state{display:flex;align-items:center;flex-wrap:wrap;gap:.1rem .6rem;min-height:2rem;font-variant-numeric:tabular-nums}
#state .dot{width:.65rem;height:.65rem;border-radius:50%;background:var(--state);flex:none}#state strong{color:var(--state);font-weight:600}#state .more{color:var(--soft);font-size:.87rem}
progress{appearance:none;width:8rem;height:.4rem;border:0;border-radius:3px;overflow:hidden;background:var(--line)}progress::-webkit-progress-bar{background:var(--line)}progress::-webkit-progress-value{background:var(--mark)}progress::-moz-progress-bar{background:var(--mark)}
main{display:contents}
#pipeline{overflow:auto;border-right:1px solid var(--line);padding:.9rem 1rem 2rem;background:var(--faint)}
#shown{position:relative;display:flex;flex-direction:column;min-width:0}
#notice:empty{display:none}#notice{max-height:45%;overflow:auto;border-bottom:1px solid var(--line);border-left:5px solid var(--state);padding:.7rem 1rem;flex:none}
#notice h2{font-size:1rem;color:var(--state)}#notice .old{color:var(--soft);font-size:.87rem}
#notice li{list-style:none;margin-top:.5rem}.place{font-size:.87rem;color:var(--soft)}.hint{font-size:.9rem;white-space:pre-wrap}.message{white-space:pre-wrap}pre.message{overflow-x:auto;margin:.2rem 0}
#report{position:relative;flex:1;min-height:0}#report iframe{position:absolute;inset:0;width:100%;height:100%;border:0;background:var(--paper)}#report iframe.coming{visibility:hidden}
#report>p{padding:2rem 1rem;color:var(--soft);text-align:center}
body[data-old=true] #report iframe{border-top:3px dashed var(--caution)}
body[data-pipeline=closed]{grid-template-columns:0 minmax(0,1fr)}body[data-pipeline=closed] #pipeline{display:none}body[data-pipeline=closed] #shown{grid-column:1/-1}
.phone{display:none}
@media (max-width:52rem){
body,body[data-pipeline=closed]{grid-template-columns:minmax(0,1fr)}header{padding:.5rem .8rem}header nav{width:100%;margin:0;flex-wrap:wrap}.phone{display:flex;gap:.4rem}.wide{display:none}
#pipeline{border:0}body[data-view=report] #pipeline{display:none}body[data-view=pipeline] #shown{display:none}body[data-view=pipeline] #pipeline{display:block!important}}`;

const pipeline = `
.graph{margin:0 0 1rem;overflow-x:auto}.graph svg{display:block;margin:0 auto;max-width:none;height:auto}
.graph .edge{fill:none;stroke:var(--soft);stroke-width:1.3;opacity:.65}.graph rect{fill:var(--paper);stroke:var(--state);stroke-width:1.5}.graph a{text-decoration:none}.graph .report rect{rx:14}
.graph a:hover rect,.graph a:focus-visible rect{stroke-width:3}.graph a:focus-visible{outline:none}.graph text{fill:var(--ink);font-size:13px;text-anchor:middle}.graph text.more{fill:var(--soft);font-size:11.5px}.graph text.more .mark{fill:var(--state)}
.graph .running rect{stroke-dasharray:5 3}
.tasks{list-style:none}.task{background:var(--paper);border:1px solid var(--line);border-left:4px solid var(--state);border-radius:6px;padding:.55rem .8rem .6rem;margin:0 0 .6rem;scroll-margin:1rem}
.task:target{border-color:var(--mark)}.task h3{font-size:.95rem;display:flex;flex-wrap:wrap;gap:0 .6rem;justify-content:space-between}.task h3 .state{color:var(--state);font-weight:600;font-size:.87rem;white-space:nowrap}
.task .title{color:var(--soft);font-size:.87rem}.task dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.05rem .7rem;font-size:.87rem;margin-top:.35rem;font-variant-numeric:tabular-nums}.task dt{color:var(--soft)}.task .links{font-size:.87rem;margin-top:.35rem}
.task .error{margin-top:.4rem;padding:.4rem .6rem;background:var(--faint);border-radius:4px}
@media (prefers-reduced-motion:no-preference){.running #state .dot,#state.running .dot{animation:beat 1.2s infinite}@keyframes beat{50%{opacity:.25}}}`;

/** The style of the page that watching serves, in both schemes. */
export function watchStyle(): string {
  return [pageColours(), states, text, frame, pipeline].join("").trim();
}
