import { html, trusted, type Html } from './markup';
import { STYLE } from './style';

export interface PageProps {
  readonly title: string;
  /** Style of this page beside the one of all. @default none */
  readonly style?: string;
  readonly body: Html;
}

/** A page that needs nothing else: no script, no font, no picture from anywhere, and its policy lets none in. */
export function page({ title, style = '', body }: PageProps): string {
  return html`${trusted('<!DOCTYPE html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${trusted(STYLE)}${trusted(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}
