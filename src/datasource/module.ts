import { DataSourcePlugin } from '@grafana/data';
import { type BurnlineQuery } from '../api';
import { ConfigEditor } from './ConfigEditor';
import { BurnlineDataSource } from './datasource';
import { QueryEditor } from './QueryEditor';

export const plugin = new DataSourcePlugin<BurnlineDataSource, BurnlineQuery>(BurnlineDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
