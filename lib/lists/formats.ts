import { readFolderPage } from './documents/folder-page.ts';
import { readJson } from './documents/json.ts';
import { readJsonLines } from './documents/jsonl.ts';
import { readMetalink } from './documents/metalink.ts';
import type { Reader, ReaderContext } from './input/reader.ts';
import { readAria2 } from './lines/aria2.ts';
import { readBagit } from './lines/bagit.ts';
import { readChecksums } from './lines/checksums.ts';
import { readCurl } from './lines/curl.ts';
import { readPaths } from './lines/paths.ts';
import { readUrls } from './lines/urls.ts';
import type { ListFormat } from './options.ts';
import { readEna } from './tables/ena.ts';
import { readCsv, readTsv } from './tables/generic.ts';
import { readMulti } from './tables/multi.ts';
import { readNcbi } from './tables/ncbi.ts';
import { readPortal } from './tables/portal.ts';
import { readStsTsv } from './tables/sts-tsv.ts';

/** What reads each kind of list. */
export const FORMATS: Readonly<Record<ListFormat, (context: ReaderContext) => Reader>> = {
  urls: readUrls,
  paths: readPaths,
  checksums: readChecksums,
  bagit: readBagit,
  aria2: readAria2,
  curl: readCurl,
  csv: readCsv,
  tsv: readTsv,
  'sts-tsv': readStsTsv,
  multi: readMulti,
  ena: readEna,
  ncbi: readNcbi,
  portal: readPortal,
  metalink: readMetalink,
  index: readFolderPage,
  json: readJson('json'),
  jsonl: readJsonLines,
  zenodo: readJson('zenodo'),
  huggingface: readJson('huggingface'),
  croissant: readJson('croissant'),
  stac: readJson('stac'),
  dcat: readJson('dcat'),
  wikimedia: readJson('wikimedia'),
};
