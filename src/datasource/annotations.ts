import { type AnnotationSupport } from '@grafana/data';
import { type BurnlineQuery, SCHEMA_VERSION } from '../api';
import { AnnotationEditor } from './AnnotationEditor';

/** Annotations are the times at which an SLO was exhausted or burning too fast; the frames name their own fields. */
export const annotationSupport: AnnotationSupport<BurnlineQuery> = {
  QueryEditor: AnnotationEditor,
  getDefaultQuery: () => ({ queryType: 'annotations', schemaVersion: SCHEMA_VERSION }),
  prepareQuery: ({ target }) => ({ ...(target ?? { refId: 'Anno' }), queryType: 'annotations' }),
};
