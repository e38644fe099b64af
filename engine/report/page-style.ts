import { chartConfig, darkChartRules, paper } from "./chart-theme.js";

const light = { paper: paper.light, ink: "#1f2328", soft: "#57606a", line: "#d8dde3", faint: "#f5f6f8", link: "#0b5cad", mark: "#1d5f9e" };
const dark = { paper: paper.dark, ink: "#e6e8eb", soft: "#a9b2bd", line: "#343b44", faint: "#1c2126", link: "#7db7f5", mark: "#4b95e0" };
/** Call-outs: note, tip, important, warning, caution; code: comment, keyword, string, number, name. */
const lightAccents = { note: "#0b5cad", tip: "#116329", important: "#6639ba", warning: "#855300", caution: "#b3202a", comment: "#57606a", keyword: "#a3247a", string: "#0a5c36", number: "#0b5cad", name: "#6639ba" };
const darkAccents = { note: "#7db7f5", tip: "#6fd08c", important: "#c3a6ff", warning: "#e8b34a", caution: "#ff9a93", comment: "#a9b2bd", keyword: "#f29ad0", string: "#8fdcb0", number: "#8cc2ff", name: "#c9b1ff" };

function variables(colours: Readonly<Record<string, string>>): string {
  return Object.entries(colours).map(([name, value]) => `--${name}:${value}`).join(";");
}

const text = `
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 Charter,"Bitstream Charter","Sitka Text",Cambria,"Noto Serif",serif;overflow-wrap:break-word;font-variant-numeric:lining-nums}
.sans,nav,figcaption,table,dl,button,.tip,footer,.markdown-alert-title,summary,.sr-only,.skip,pre,code{font-family:${chartConfig.font}}
h1,h2,h3,h4{line-height:1.25;text-wrap:balance;font-weight:650}
h1{font-size:clamp(1.7rem,1.2rem + 2vw,2.4rem);letter-spacing:-.012em;margin:0 0 .6rem}
h2{font-size:1.45rem;margin:2.8rem 0 .7rem;padding-top:1.1rem;border-top:1px solid var(--line)}
h3{font-size:1.17rem;margin:2rem 0 .5rem}h4{font-size:1rem;margin:1.5rem 0 .4rem}
p,ul,ol,blockquote,pre{margin:0 0 1rem}li+li{margin-top:.25rem}
main>h1+p,main>.top+p{font-size:1.2rem;line-height:1.5;margin-bottom:1.4rem}
a{color:var(--link);text-decoration-thickness:.06em;text-underline-offset:.15em}
a:focus-visible,button:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--mark);outline-offset:2px;border-radius:2px}
hr{border:0;border-top:1px solid var(--line);margin:2rem 0}
img{max-width:100%;height:auto}
blockquote{margin-inline:0;padding-left:1rem;border-left:3px solid var(--line);color:var(--soft)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em}
code{background:var(--faint);padding:.1em .3em;border-radius:3px}
pre{background:var(--faint);padding:.8rem 1rem;border-radius:6px;overflow-x:auto;line-height:1.5}pre code{background:none;padding:0;font-size:inherit}
.sr-only{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-100vw;top:0;background:var(--paper);padding:.5rem 1rem;z-index:3}.skip:focus{left:0}`;

const frame = `
.sheet{max-width:46rem;margin:0 auto;padding:2.2rem 1.25rem 3rem}
nav ol{list-style:none;margin:0;padding:0}nav a{color:var(--soft);text-decoration:none}nav a:hover{color:var(--link);text-decoration:underline}
nav li{margin:0 0 .4rem;line-height:1.35}nav li+li{margin-top:0}nav ol ol{margin:.4rem 0 .2rem .8rem}
nav.side{display:none}
nav.top{font-size:.95rem;margin:0 0 1.4rem}nav.top summary{cursor:pointer;color:var(--soft);padding:.25rem 0}nav.top details[open] summary{margin-bottom:.5rem}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
@media screen and (min-width:72rem){
.sheet.with-contents{max-width:64rem;display:grid;grid-template-columns:13rem minmax(0,44rem);column-gap:3.5rem;align-items:start}
nav.top{display:none}nav.side{display:block;position:sticky;top:2.2rem;max-height:calc(100vh - 4rem);overflow:auto;font-size:.88rem;padding-top:.6rem}
.with-contents>footer{grid-column:2}}`;

const blocks = `
.scroll,.plot{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.88rem;line-height:1.4;font-variant-numeric:tabular-nums lining-nums;margin:0}
.scroll{margin:0 0 1.2rem}th,td{padding:.4rem .8rem .4rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th[align=right],td[align=right]{text-align:right}td[align=right]{white-space:nowrap}th[align=center],td[align=center]{text-align:center}th+th,td+td{padding-left:.8rem}
th{font-weight:600;color:var(--soft);border-bottom-color:var(--soft);vertical-align:bottom}
.key-figures{margin:0 0 1.8rem}.key-figures dl{margin:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(9.2rem,1fr));gap:0;border-top:2px solid var(--ink);border-bottom:1px solid var(--line)}
.key-figures dl>div{padding:.7rem .9rem .8rem 0;display:grid;grid-row:span 3;grid-template-rows:subgrid;align-content:start}.key-figures dt{font-size:.82rem;color:var(--soft);line-height:1.3;align-self:end}
.key-figures dd{margin:0;font-size:.82rem;line-height:1.35;color:var(--soft);text-wrap:balance}.key-figures dd.value{font-size:1.3rem;line-height:1.4;color:var(--ink);font-weight:600;letter-spacing:-.02em;text-wrap:balance;font-variant-numeric:lining-nums}
.key-figures dd.value strong{font-weight:inherit}
svg.trend{display:inline-block;vertical-align:-.2em;margin:0 .15em;max-width:100%;overflow:visible}svg.trend polyline{fill:none;stroke:currentColor;stroke-width:1.4;stroke-linejoin:round;stroke-linecap:round;opacity:.65}svg.trend circle{fill:currentColor}
.better{color:var(--tip)}.worse{color:var(--caution)}
figure{margin:1.8rem 0 2rem}figcaption{font-size:.88rem;line-height:1.45;color:var(--soft);margin-top:.5rem}figure.table figcaption{margin:0 0 .5rem}
figcaption b{color:var(--ink);font-weight:600}figcaption .tools{white-space:nowrap}
button{font-size:.8rem;line-height:1;color:var(--link);background:none;border:1px solid var(--line);border-radius:4px;padding:.3rem .5rem;margin-right:.35rem;cursor:pointer;min-height:1.6rem}button:hover{border-color:var(--link)}
.plot{position:relative;touch-action:pan-x pan-y}.plot svg{display:block;max-width:100%;height:auto}.plot[data-live] svg{max-width:none}
@media screen and (max-width:46rem){.plot svg{max-width:none}}
.tip{position:fixed;z-index:2;pointer-events:none;background:var(--paper);color:var(--ink);border:1px solid var(--soft);border-radius:5px;padding:.4rem .6rem;font-size:.8rem;line-height:1.35;max-width:min(22rem,94vw);box-shadow:0 2px 8px rgb(0 0 0/.18)}
.tip dl{margin:0;display:grid;grid-template-columns:auto auto;column-gap:.7rem}.tip dt{color:var(--soft)}.tip dd{margin:0;font-variant-numeric:tabular-nums}
.tip-dot{position:absolute;pointer-events:none;width:9px;height:9px;margin:-4.5px;border-radius:50%;border:2px solid var(--ink);background:var(--paper)}
[hidden]{display:none!important}
.markdown-alert{border-left:3px solid currentColor;padding:.1rem 0 .1rem 1rem;margin:0 0 1.2rem}.markdown-alert>*{color:var(--ink)}.markdown-alert>:last-child{margin-bottom:.2rem}
.markdown-alert-title{display:flex;align-items:center;gap:.45rem;font-size:.88rem;font-weight:600;margin:.2rem 0}.markdown-alert-title svg{fill:currentColor;flex:none}
${["note", "tip", "important", "warning", "caution"].map((kind) => `.markdown-alert-${kind},.markdown-alert-${kind}>.markdown-alert-title{color:var(--${kind})}`).join("")}
.footnotes{font-size:.88rem;color:var(--soft);border-top:1px solid var(--line);margin-top:2.5rem;padding-top:1rem}.footnotes ol{padding-left:1.2rem}sup{line-height:0}`;

const code = `
.cell{margin:0 0 1.4rem}.cell summary{cursor:pointer;font-size:.82rem;color:var(--soft);padding:.2rem 0}.cell details[open] summary{margin-bottom:.3rem}
.output{margin:.6rem 0}.output pre{background:none;border-left:3px solid var(--line);border-radius:0;white-space:pre-wrap}.output pre.error{border-left-color:var(--caution)}
.hljs-comment{color:var(--comment)}.hljs-keyword,.hljs-built_in,.hljs-literal{color:var(--keyword)}.hljs-string,.hljs-regexp,.hljs-meta{color:var(--string)}
.hljs-number{color:var(--number)}.hljs-title,.hljs-attr,.hljs-property,.hljs-type{color:var(--name)}`;

const print = `
@page{margin:18mm 16mm}
@media print{
body{font-size:10.5pt}.sheet{max-width:none;padding:0}nav,.skip,button,.tip,.tip-dot,.cell summary{display:none!important}
h1,h2,h3,h4{break-after:avoid}figure,.key-figures,.markdown-alert,tr,pre{break-inside:avoid}p,li{orphans:3;widows:3}
.scroll,.plot,.plot svg,pre{overflow:visible}pre{white-space:pre-wrap}.plot svg,.plot[data-live] svg{max-width:100%;height:auto}
a{color:inherit}main a[href^="http"]::after{content:" (" attr(href) ")";font-size:.85em;color:var(--soft)}figcaption>a{display:none}
*{print-color-adjust:exact}}`;

/** The colours of pages, as variables, in both schemes. */
export function pageColours(): string {
  return `:root{color-scheme:light dark;${variables(light)};${variables(lightAccents)}}@media screen and (prefers-color-scheme:dark){:root{${variables(dark)};${variables(darkAccents)}}}`;
}

/** The one style of every page, in both schemes; paper is always printed light. */
export function pageStyle(): string {
  const rules = `:root{color-scheme:light dark;${variables(light)};${variables(lightAccents)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(dark)};${variables(darkAccents)}}${darkChartRules(".plot ")}}`;
  return [rules, text, frame, blocks, code, print].join("").trim();
}

/** What the page's script needs to save a chart as a file of its own. */
export const savedChartLook = {
  paper: paper.light,
  style: `@media (prefers-color-scheme:dark){.paper{fill:${paper.dark}}${darkChartRules("")}}`,
};
