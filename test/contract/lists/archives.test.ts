import { expect, test } from 'vitest';
import { allOf, listContract, shown } from './suite.ts';

const MD5_A = 'ab'.repeat(16);
const MD5_B = 'cd'.repeat(16);

const both = (path: string): [string, string] => [`https://ftp.example.org/${path}`, `ftp://ftp.example.org/${path}`];

listContract({
  format: 'ena',
  list: [
    'run_accession\tfastq_ftp\tfastq_md5\tfastq_bytes\tsubmitted_ftp\tsample_title',
    `XRR001\tftp.example.org/vol1/XRR001_1.fastq.gz;ftp.example.org/vol1/XRR001_2.fastq.gz;\t${MD5_A};${MD5_B}\t1201;1188\t\t"5' end`,
    'XRR002\t\t\t\tftp.example.org/x.bam\t',
    'XRR003\tftp.example.org/vol1/XRR003.fastq.gz\t\t3\t\t',
    '',
  ].join('\n'),
  entries: [
    { name: 'XRR001_1.fastq.gz', sources: both('vol1/XRR001_1.fastq.gz'), sizeBytes: 1201, digests: { md5: MD5_A } },
    { name: 'XRR001_2.fastq.gz', sources: both('vol1/XRR001_2.fastq.gz'), sizeBytes: 1188, digests: { md5: MD5_B } },
    { name: 'XRR003.fastq.gz', sources: both('vol1/XRR003.fastq.gz'), sizeBytes: 3 },
  ],
  recognised: {},
  broken: {
    find: 'XRR001_2.fastq.gz;\t',
    put: 'XRR001_2.fastq.gz;ftp.example.org/vol1/XRR001.fastq.gz\t',
    problem: /^line 2, column 8: fastq_ftp has 3 values and fastq_bytes 2/,
  },
});

test('a file report of another family, as JSON, with a name that is made of columns', async () => {
  const list = JSON.stringify([
    {
      run_accession: 'XRR001',
      submitted_ftp: 'ftp.example.org/a.bam;ftp.example.org/b.bam',
      submitted_md5: `${MD5_A};${MD5_B}`,
      submitted_bytes: '1;2',
    },
    { run_accession: 'XRR002', submitted_ftp: '' },
    { run_accession: 'XRR003', submitted_ftp: 'ftp.example.org/c.bam', submitted_md5: `${MD5_A};${MD5_B}` },
  ]);
  const listed = await allOf(list, { family: 'submitted', name: '{run_accession}/{submitted_ftp|basename}' });
  expect(listed).toMatchObject([
    { name: 'XRR001/a.bam', sizeBytes: 1, digests: { md5: MD5_A }, at: { pointer: '/0' } },
    { name: 'XRR001/b.bam', sizeBytes: 2, digests: { md5: MD5_B } },
    { kind: 'invalid', at: { pointer: '/2' } },
  ]);
});

test.each([
  ['another family', 'run_accession\tsra_ftp\nX\tftp.example.org/x\n', /its families are: sra \(--family\)/],
  ['no column of files', 'run_accession\tsample\nX\ty\n', /its columns are: run_accession, sample/],
])('a file report with %s says what it has', async (_, list, problem) => {
  await expect(allOf(`${list}`, { format: 'ena', family: 'fastq' })).rejects.toMatchObject({
    code: 'InvalidList',
    message: expect.stringMatching(problem),
  });
});

listContract({
  format: 'multi',
  list: `sample,url,size,md5\ns1,https://e.example/a | https://e.example/b,1|2,${MD5_A}|${MD5_B}\ns2,,,\ns3,https://e.example/c,,\n`,
  options: { separator: '|', name: '{sample}/{url|basename}' },
  entries: [
    { name: 's1/a', sources: ['https://e.example/a'], sizeBytes: 1, digests: { md5: MD5_A } },
    { name: 's1/b', sources: ['https://e.example/b'], sizeBytes: 2, digests: { md5: MD5_B } },
    { name: 's3/c', sources: ['https://e.example/c'] },
  ],
  broken: { find: '1|2', put: '1|2|3', problem: /^line 2.*url has 2 values and size 3/ },
});

listContract({
  format: 'ncbi',
  list: [
    '##  See the notes of this site',
    '#assembly_accession\torganism_name\tftp_path',
    'GCX_000000001.1\tExamplea minima\thttps://ftp.example.org/all/GCX/000/GCX_000000001.1_ASM1v1',
    'GCX_000000002.1\tExamplea maior\tna',
    'GCX_000000003.1\tExamplea "tertia\tftp://ftp.example.org/all/GCX_000000003.1_ASM1v1/',
    '',
  ].join('\n'),
  entries: [
    {
      name: 'GCX_000000001.1_ASM1v1_genomic.fna.gz',
      sources: ['https://ftp.example.org/all/GCX/000/GCX_000000001.1_ASM1v1/GCX_000000001.1_ASM1v1_genomic.fna.gz'],
      checksumsFrom: 'https://ftp.example.org/all/GCX/000/GCX_000000001.1_ASM1v1/md5checksums.txt',
    },
    {
      name: 'GCX_000000003.1_ASM1v1_genomic.fna.gz',
      sources: ['ftp://ftp.example.org/all/GCX_000000003.1_ASM1v1/GCX_000000003.1_ASM1v1_genomic.fna.gz'],
      checksumsFrom: 'ftp://ftp.example.org/all/GCX_000000003.1_ASM1v1/md5checksums.txt',
    },
  ],
  recognised: {},
  broken: {
    find: 'https://ftp.example.org/all',
    put: 'fasp://ftp.example.org/all',
    problem: /^line 3, column 33: fasp:/,
  },
});

test('another file of the folders, and only where there is one', async () => {
  const list = '#assembly_accession\tftp_path\nX\thttps://e.example/X_1\nY\tna\n';
  expect(shown(await allOf(list, { suffix: 'protein.faa.gz' }))).toMatchObject([
    { sources: ['https://e.example/X_1/X_1_protein.faa.gz'] },
  ]);
  await expect(allOf('#assembly_accession\tftp_path\nX\tna\n')).rejects.toThrow(/1 rows, of which none names a file/);
});

listContract({
  format: 'portal',
  list: `id\tfilename\tmd5\tsize\tstate\n7b1f\ta.bam\t\t12\tlive\n8 c/d\tb.bam\t${MD5_A}\t3\tlive\n`,
  options: { url: 'https://e.example/data/{id}?related=true' },
  entries: [
    { name: 'a.bam', sources: ['https://e.example/data/7b1f?related=true'], sizeBytes: 12 },
    { name: 'b.bam', sources: ['https://e.example/data/8%20c/d?related=true'], sizeBytes: 3, digests: { md5: MD5_A } },
  ],
  recognised: {},
  broken: { find: '8 c/d', put: '../admin', problem: /^line 3, column 1: the value of id has \. or \.\./ },
});

test('a manifest with URLs takes the first that it can, and needs a template without any', async () => {
  const list = `file_id\tmd5\tsize\turls\tsample_id\nf1\t${MD5_A}\t12\tfasp://e.example/a.gz,https://e.example/a,b.gz\ts\nf2\t\t\tfasp://e.example/x\ts\n`;
  expect(await allOf(list)).toMatchObject([
    { name: 'a,b.gz', sources: ['https://e.example/a,b.gz'], sizeBytes: 12 },
    { kind: 'invalid', code: 'UnsupportedScheme' },
  ]);
  await expect(allOf('id\tfilename\tmd5\tsize\tstate\n7b1f\ta.bam\t\t12\tlive\n')).rejects.toThrow(
    /its columns are: id, filename.*--url/,
  );
});
