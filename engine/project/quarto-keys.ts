/**
 * Keys that Quarto gives a meaning to; they are let through.
 * @see https://quarto.org/docs/reference/formats/html.html
 * @see https://quarto.org/docs/reference/cells/cells-jupyter.html
 */
export const quartoDocumentKeys: readonly string[] =
  (
    "title subtitle date date-format date-modified author affiliation institute keywords categories description abstract abstract-title " +
    "copyright license funding citation doi order image draft aliases pagetitle title-block-style title-block-banner " +
    "format jupyter kernel kernelspec engine engines execute knitr params ipynb-filters ipynb-shell-interactivity " +
    "toc toc-depth toc-title toc-location toc-expand number-sections number-depth number-offset shift-heading-level-by crossref " +
    "bibliography csl cite-method citeproc link-citations reference-location footnotes-hover citations-hover crossrefs-hover " +
    "theme css highlight-style mainfont monofont fontsize linestretch linkcolor backgroundcolor fontcolor page-layout grid " +
    "margin-left margin-right margin-top margin-bottom papersize documentclass classoption geometry header-includes include-in-header " +
    "include-before-body include-after-body template template-partials filters shortcodes resources metadata-files from to output-file output-ext " +
    "lang language dir code-fold code-tools code-line-numbers code-copy code-link code-overflow code-summary code-annotations " +
    "fig-width fig-height fig-format fig-dpi fig-align fig-cap-location tbl-cap-location tbl-colwidths html-math-method " +
    "embed-resources self-contained self-contained-math standalone anchor-sections smooth-scroll comments website book project " +
    "listing editor editor_options keep-md keep-ipynb df-print warning echo eval output include error cache freeze notebook-view " +
    "notebook-links notebook-preserve-cells other-links code-links lightbox appendix-style appendix-cite-as google-scholar revealjs slide-level"
  ).split(" ");

const documentKeys = new Set(quartoDocumentKeys);

const cellKeys = new Set(
  (
    "id classes panel column cap-location lst-label lst-cap eval echo output warning error include renderings file filename " +
    "layout layout-ncol layout-nrow layout-align layout-valign cache dependson autodep lang output-location"
  ).split(" "),
);

export function isQuartoDocumentKey(key: string): boolean {
  return documentKeys.has(key);
}

export function isQuartoCellKey(key: string): boolean {
  return cellKeys.has(key) || /^(fig|tbl|code)-/.test(key);
}
