import type { Content } from "../protocol/message.js";
import { protocolVersion } from "../protocol/message.js";

/** What clients learn of the kernel. @param version - of the program @param typescriptVersion - of the compiler */
export function kernelInfo(version: string, typescriptVersion: string): Content {
  return {
    status: "ok",
    protocol_version: protocolVersion,
    implementation: "stitchbook",
    implementation_version: version,
    language_info: {
      name: "typescript",
      version: typescriptVersion,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      // JupyterLab highlights by the mode or the MIME type; the classic notebook by name and flag.
      codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
      nbconvert_exporter: "script",
    },
    banner: `Stitchbook ${version}: TypeScript ${typescriptVersion} on Node.js ${process.versions.node}`,
    debugger: false,
    help_links: [],
    supported_features: [],
  };
}
