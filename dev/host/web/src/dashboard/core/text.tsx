import { PanelPlugin, type PanelProps, renderMarkdown } from '@grafana/data';
import { RenderUserContentAsHTML } from '@grafana/ui';

interface Options {
  content?: string;
  mode?: 'markdown' | 'html';
}

/** Grafana's text panel. Markdown and HTML are sanitised. */
function TextPanel({ options, replaceVariables }: PanelProps<Options>) {
  return (
    <RenderUserContentAsHTML
      className="markdown-html"
      content={renderMarkdown(replaceVariables(options.content ?? ''))}
    />
  );
}

export const coreText = new PanelPlugin<Options>(TextPanel).setNoPadding();
