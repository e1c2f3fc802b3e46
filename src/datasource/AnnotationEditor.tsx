import { type QueryEditorProps } from '@grafana/data';
import { Text } from '@grafana/ui';
import { type BurnlineQuery } from '../api';
import { type BurnlineDataSource } from './datasource';
import { Filters } from './Filters';
import { normalize, toSaved } from './model';

type Props = QueryEditorProps<BurnlineDataSource, BurnlineQuery>;

/** Asks of which SLOs a dashboard shall mark the state changes. */
export function AnnotationEditor({ datasource, query: saved, onChange, onRunQuery }: Props) {
  const query = normalize({ ...saved, queryType: 'annotations' });
  return (
    <>
      <Text element="p" color="secondary">
        Marks the times in which an SLO had no budget left, or burnt it fast enough for a page or a ticket.
      </Text>
      <Filters
        datasource={datasource}
        query={query}
        onChange={(part) => {
          onChange(toSaved({ ...query, ...part }));
          onRunQuery();
        }}
      />
    </>
  );
}
