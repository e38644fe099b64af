import { escapeHtml } from "../../report/html.js";
import type { Fact, Message, MessageItem } from "./message.js";

/** The parts of a mail as nodemailer takes them. */
export type EmailBody = {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: { readonly filename: string; readonly content: Buffer; readonly contentType: string; readonly cid: string; readonly contentDisposition: "inline" }[];
};

const pictureId = "chart@stitchbook";
const marks = { bad: "Alert", good: "Over", notice: "Note" } as const;
/** Dark enough for white paper, light enough for a dark screen. */
const colors = { bad: "#c2413a", good: "#2e7d4f", notice: "#3a6fb0" } as const;

export function renderEmail(message: Message): EmailBody {
  const { picture } = message;
  return {
    subject: `[${marks[message.tone]}] ${message.subject}`.replace(/\s+/g, " ").slice(0, 200),
    text: renderText(message),
    html: renderHtml(message),
    attachments: picture === null ? [] : [{ filename: "chart.png", content: Buffer.from(picture.png), contentType: "image/png", cid: pictureId, contentDisposition: "inline" }],
  };
}

function renderText({ items, facts, link, picture }: Message): string {
  const factLine = ({ name, value }: Fact) => (value.includes("\n") ? `  ${name}:\n${value.replace(/^/gm, "    ")}` : `  ${name}: ${value}`);
  return [
    ...items.map((item) => [`${marks[item.tone].toUpperCase()}: ${item.title}`, ...item.facts.map(factLine)].join("\n")),
    ...(picture === null ? [] : [`Chart: ${picture.caption}`]),
    [...facts.map(({ name, value }) => `${name}: ${value}`), `Look here: ${link}`].join("\n"),
    "",
  ].join("\n\n");
}

/** Tables and inline styles: mail programs know little else. Colours are left to the program, so that a dark one stays dark. */
function renderHtml({ subject, items, facts, link, picture }: Message): string {
  const font = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5";
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>${escapeHtml(subject)}</title></head>`,
    `<body style="margin:0;padding:20px 16px;${font}"><div style="max-width:640px;margin:0 auto">`,
    ...items.map(renderItem),
    ...(picture === null ? [] : [`<p style="margin:20px 0 4px"><img src="cid:${pictureId}" alt="${escapeHtml(picture.alt)}" width="640" style="max-width:100%;height:auto;background:#fff;border-radius:4px"></p><p style="margin:0 0 20px;font-size:13px">${escapeHtml(picture.caption)}</p>`]),
    `<p style="margin:20px 0 0;padding-top:12px;border-top:1px solid #8886;font-size:13px">${[...facts.map(renderFact), renderLink(link)].join("<br>")}</p>`,
    "</div></body></html>",
  ].join("\n");
}

function renderItem({ tone, title, facts }: MessageItem): string {
  const head = `<p style="margin:0 0 6px"><strong style="display:inline-block;padding:1px 8px;border-radius:3px;background:${colors[tone]};color:#fff;font-size:13px">${marks[tone]}</strong></p><p style="margin:0 0 8px;font-size:18px;line-height:1.35"><strong>${escapeHtml(title)}</strong></p>`;
  const rows = facts.map(({ name, value, isCode }) => `<tr><td style="padding:2px 14px 2px 0;vertical-align:top;white-space:nowrap;opacity:.75">${escapeHtml(name)}</td><td style="padding:2px 0;vertical-align:top;overflow-wrap:anywhere">${isCode === true ? renderCode(value) : escapeHtml(value).replaceAll("\n", "<br>")}</td></tr>`);
  return `<div style="margin:0 0 20px;padding-left:14px;border-left:4px solid ${colors[tone]}">${head}<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse;font-size:14px">${rows.join("")}</table></div>`;
}

function renderFact({ name, value, isCode }: Fact): string {
  return `${escapeHtml(name)}: ${isCode === true ? renderCode(value) : escapeHtml(value)}`;
}

function renderCode(value: string): string {
  return `<code style="font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.92em;white-space:pre-wrap;overflow-wrap:anywhere">${escapeHtml(value)}</code>`;
}

function renderLink(link: string): string {
  return /^https?:\/\//.test(link) ? `Look here: <a href="${escapeHtml(link)}">${escapeHtml(link)}</a>` : `Log: ${renderCode(link)}`;
}
