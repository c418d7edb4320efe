export { decodeCursor, encodeCursor, IsCursor } from './cursor';
export { toPage, type Page } from './page';
export { PageQuery } from './page-query.dto';
